// SPDX-License-Identifier: GPL-3.0-or-later
#include <QBuffer>
#include <QDateTime>
#include <QHashFunctions>
#include <QImageWriter>
#include <QPdfWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <cmath>

#include "core/base/version.h"
#include "widgets/figure/custom_plot.h"
#include "widgets/figure/plate.h"
#include "widgets/figure/plate_style.h"

namespace orderscope {
namespace {

constexpr double kLargestSide = 20000;  // pixels; beyond it viewers give up and memory runs out
constexpr double kPointsPerInch = 72;

tl::unexpected<Error> cannot_write(const QString& path, const QString& why) {
  return fail(Error::Kind::FileAccess, "cannot be written: " + why.toStdString(), path.toStdString());
}

QByteArray provenance_text(const Plate& plate, int indent = -1) {
  return QByteArray::fromStdString(
      plate_provenance(plate).dump(indent, ' ', false, nlohmann::json::error_handler_t::replace));
}

/// For XML, which has no way to write control characters.
QByteArray escaped(const QByteArray& text) {
  QString plain = QString::fromUtf8(text);
  plain.removeIf([](QChar c) { return c < QChar(' ') && c != QChar('\n') && c != QChar('\t'); });
  return plain.toHtmlEscaped().toUtf8();
}

QByteArray rdf(const Plate& plate) {
  return "<rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n"
         "<rdf:Description rdf:about=\"\" xmlns:dc=\"http://purl.org/dc/elements/1.1/\" "
         "xmlns:xmp=\"http://ns.adobe.com/xap/1.0/\" xmlns:orderscope=\"urn:orderscope:provenance:1\">\n"
         "<dc:title><rdf:Alt><rdf:li xml:lang=\"x-default\">" +
         escaped(plate.title.toUtf8()) + "</rdf:li></rdf:Alt></dc:title>\n<xmp:CreatorTool>" +
         QByteArray::fromStdString(version_text()) + "</xmp:CreatorTool>\n<orderscope:provenance>" +
         escaped(provenance_text(plate)) + "</orderscope:provenance>\n</rdf:Description>\n</rdf:RDF>\n";
}

/// Qt keeps fonts in a hash table, whose order differs from run to run unless its seed is fixed.
class FixedHashOrder {
 public:
  FixedHashOrder() { QHashSeed::setDeterministicGlobalSeed(); }
  ~FixedHashOrder() { QHashSeed::resetRandomGlobalSeed(); }
  FixedHashOrder(const FixedHashOrder&) = delete;
  FixedHashOrder& operator=(const FixedHashOrder&) = delete;
};

/// As reproducible builds ask for it; of the same length as what Qt wrote, for the file has a table of offsets.
void set_creation_date(QByteArray& pdf) {
  bool valid = false;
  const qint64 seconds = qEnvironmentVariable("SOURCE_DATE_EPOCH").toLongLong(&valid);
  const QByteArray mark = "/CreationDate (D:";
  const qsizetype start = pdf.indexOf(mark);
  if (!valid || start < 0) return;
  const qsizetype first = start + mark.size(), length = pdf.indexOf(')', first) - first;
  constexpr qsizetype kDigits = 14;
  QByteArray date =
      QDateTime::fromSecsSinceEpoch(seconds, Qt::UTC).toString(QStringLiteral("yyyyMMddHHmmss")).toLatin1();
  date += pdf.at(first + kDigits) == 'Z' ? "Z" : "+00'00'";
  if (length > kDigits) pdf.replace(first, length, date.leftJustified(length, '\'', true));
}

Result<QByteArray> pdf_bytes(const Plate& plate) {
  constexpr int kResolution = 1200;
  const FixedHashOrder fixed;
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  {
    QPdfWriter writer(&buffer);
    writer.setTitle(plate.title);
    writer.setCreator(QString::fromStdString(version_text()));
    writer.setResolution(kResolution);
    writer.setPageSize(QPageSize(plate_size(plate), QPageSize::Point, {}, QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    writer.setDocumentXmpMetadata(
        "<?xpacket begin=\"\xEF\xBB\xBF\" id=\"W5M0MpCehiHzreSzNTczkc9d\"?>\n"
        "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\">\n" +
        rdf(plate) + "</x:xmpmeta>\n<?xpacket end=\"r\"?>");
    writer.addFileAttachment(QStringLiteral("provenance.json"), provenance_text(plate, 2),
                             QStringLiteral("application/json"));
    QCPPainter painter;
    if (!painter.begin(&writer)) return fail(Error::Kind::OutOfMemory, "the PDF writer did not start");
    painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching);
    painter.scale(kResolution / kPointsPerInch, kResolution / kPointsPerInch);
    paint_plate(painter, plate);
  }
  QByteArray pdf = buffer.data();
  set_creation_date(pdf);
  return pdf;
}

Result<QByteArray> svg_bytes(const Plate& plate) {
  const QSizeF size = plate_size(plate);
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  {
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize((size * kPoint).toSize());
    generator.setResolution(static_cast<int>(kPointsPerInch * kPoint));
    generator.setViewBox(QRectF(QPointF(0, 0), size));
    generator.setTitle(plate.title.toHtmlEscaped());  // Qt 6.4 writes it as it is
    generator.setDescription(QString::fromStdString(version_text()));
    QCPPainter painter;
    if (!painter.begin(&generator)) return fail(Error::Kind::OutOfMemory, "the SVG writer did not start");
    painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching);
    paint_plate(painter, plate);
  }
  QByteArray svg = buffer.data();
  const qsizetype defs = svg.indexOf("<defs>");
  if (defs >= 0) svg.insert(defs, "<metadata>\n" + rdf(plate) + "</metadata>\n");
  svg.replace("font-family=\"" + plate_font_family().toUtf8() + '"',
              "font-family=\"" + QByteArray(kPublicFontFamily) + ", Verdana, sans-serif\"");
  return svg;
}

Result<QByteArray> png_bytes(const Plate& plate, int dpi) {
  const double scale = dpi / kPointsPerInch;
  const QSizeF size = plate_size(plate) * scale;
  if (dpi < 1 || size.width() > kLargestSide || size.height() > kLargestSide)
    return fail(Error::Kind::InvalidInput, "a plate of that size at " + std::to_string(dpi) + " dpi is too large", {},
                "choose fewer dpi");
  QImage image(static_cast<int>(std::ceil(size.width())), static_cast<int>(std::ceil(size.height())),
               QImage::Format_RGB32);
  if (image.isNull()) return fail(Error::Kind::OutOfMemory, "no memory for the picture of the plate");
  image.fill(Qt::white);
  image.setDotsPerMeterX(static_cast<int>(std::lround(dpi / 0.0254)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  QCPPainter painter;
  painter.begin(&image);
  painter.setModes(QCPPainter::pmVectorized | QCPPainter::pmNoCaching);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing | QPainter::SmoothPixmapTransform);
  painter.scale(scale, scale);
  paint_plate(painter, plate);
  painter.end();
  image.setText(QStringLiteral("Title"), plate.title);
  image.setText(QStringLiteral("Software"), QString::fromStdString(version_text()));
  image.setText(QStringLiteral("Provenance"), QString::fromUtf8(provenance_text(plate)));
  QBuffer buffer;
  buffer.open(QIODevice::WriteOnly);
  QImageWriter writer(&buffer, "png");
  if (!writer.write(image)) return fail(Error::Kind::OutOfMemory, "PNG: " + writer.errorString().toStdString());
  return buffer.data();
}

}  // namespace

Result<PlateFormat> plate_format(const QString& path) {
  const QString ending = path.mid(path.lastIndexOf('.') + 1).toLower();
  if (ending == QStringLiteral("pdf")) return PlateFormat::Pdf;
  if (ending == QStringLiteral("svg")) return PlateFormat::Svg;
  if (ending == QStringLiteral("png")) return PlateFormat::Png;
  return fail(Error::Kind::InvalidInput, "a figure's name ends in .pdf, .svg or .png", path.toStdString());
}

Result<QByteArray> plate_bytes(const Plate& plate, PlateFormat format, int dpi) {
  switch (format) {
    case PlateFormat::Pdf: return pdf_bytes(plate);
    case PlateFormat::Svg: return svg_bytes(plate);
    case PlateFormat::Png: return png_bytes(plate, dpi);
  }
  return fail(Error::Kind::InvalidInput, "no such format");
}

Result<void> write_plate(const Plate& plate, const QString& path, int dpi) {
  TRY(const PlateFormat format, plate_format(path));
  auto bytes = plate_bytes(plate, format, dpi);
  if (!bytes) return fail(std::move(bytes.error()).on(path.toStdString()));
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return cannot_write(path, file.errorString());
  if (file.write(*bytes) != bytes->size() || !file.commit()) return cannot_write(path, file.errorString());
  return {};
}

}  // namespace orderscope
