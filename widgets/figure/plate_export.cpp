// SPDX-License-Identifier: GPL-3.0-or-later
#include <QFileInfo>
#include <QImageWriter>
#include <QPainter>
#include <QPdfWriter>
#include <QSaveFile>
#include <cmath>

#include "widgets/figure/plate.h"

namespace orderscope {
namespace {

constexpr double kLargestSide = 20000;  // pixels; beyond it viewers give up and memory runs out

tl::unexpected<Error> cannot_write(const QString& path, const QString& why) {
  return fail(Error::Kind::FileAccess, "cannot be written: " + why.toStdString(), path.toStdString());
}

}  // namespace

Result<void> write_plate_pdf(const Plate& plate, const QString& path) {
  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return cannot_write(path, file.errorString());
  {
    QPdfWriter writer(&file);
    writer.setTitle(plate.title);
    writer.setCreator(QStringLiteral("OrderScope"));
    writer.setResolution(1200);
    writer.setPageSize(QPageSize(plate_size(plate), QPageSize::Point, {}, QPageSize::ExactMatch));
    writer.setPageMargins(QMarginsF(0, 0, 0, 0));
    QPainter painter;
    if (!painter.begin(&writer)) return cannot_write(path, QStringLiteral("the PDF writer did not start"));
    painter.scale(writer.resolution() / 72.0, writer.resolution() / 72.0);
    paint_plate(painter, plate);
  }
  if (!file.commit()) return cannot_write(path, file.errorString());
  return {};
}

Result<void> write_plate_png(const Plate& plate, const QString& path, int dpi) {
  const double scale = dpi / 72.0;
  const QSizeF size = plate_size(plate) * scale;
  if (dpi < 1 || size.width() > kLargestSide || size.height() > kLargestSide)
    return fail(Error::Kind::InvalidInput, "a plate of that size at " + std::to_string(dpi) + " dpi is too large",
                path.toStdString(), "choose fewer dpi");
  QImage image(static_cast<int>(std::ceil(size.width())), static_cast<int>(std::ceil(size.height())),
               QImage::Format_RGB32);
  image.fill(Qt::white);
  image.setDotsPerMeterX(static_cast<int>(std::lround(dpi / 0.0254)));
  image.setDotsPerMeterY(image.dotsPerMeterX());
  QPainter painter(&image);
  painter.setRenderHints(QPainter::Antialiasing | QPainter::TextAntialiasing | QPainter::SmoothPixmapTransform);
  painter.scale(scale, scale);
  paint_plate(painter, plate);
  painter.end();

  QSaveFile file(path);
  if (!file.open(QIODevice::WriteOnly)) return cannot_write(path, file.errorString());
  QImageWriter writer(&file, "png");
  if (!writer.write(image)) return cannot_write(path, writer.errorString());
  if (!file.commit()) return cannot_write(path, file.errorString());
  return {};
}

}  // namespace orderscope
