// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/figure/plate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QFile>
#include <QImage>
#include <QTemporaryDir>
#include <QXmlStreamReader>
#include <random>

#include "core/base/files.h"
#include "core/run/figure_plan.h"
#include "tests/widgets/figure/sample_plate.h"
#include "widgets/figure/custom_plot.h"

namespace orderscope {
namespace {

using nlohmann::json;
using test::sample_plate;
using testing::HasSubstr;

QByteArray bytes(const Plate& plate, PlateFormat format, int dpi = 300) {
  auto result = plate_bytes(plate, format, dpi);
  EXPECT_TRUE(result) << result.error().message();
  return result.value_or(QByteArray());
}

/// The same text in all three: what a figure says of itself.
void expect_provenance(const std::string& text) {
  const json found = json::parse(text);
  EXPECT_EQ(found["title"], "Orders & shares of a gnConv");
  EXPECT_EQ(found["sources"]["models"][0]["sha256"], "00ff");
  ASSERT_EQ(found["panels"].size(), 6U) << "two groups of maps, two plots, a matrix and a table";
  EXPECT_EQ(found["panels"][1]["letter"], "b");
  EXPECT_EQ(found["panels"][1]["maps"][2]["provenance"]["parameter.phase"], "3.000000");
  EXPECT_EQ(found["panels"][1]["maps"][2]["unit"], "a.u.");
  EXPECT_EQ(found["panels"][5]["kind"], "table");
}

TEST(PanelLayout, FillsTheAreaWithSquareTilesOfOneSize) {
  PanelGrid grid;
  grid.rows = {{test::wave_group("gate", 3, false)}, {test::wave_group("state", 3, false)}};
  const PanelMetrics metrics{.title = 50, .bar = 40, .caption = 10, .gap = 5};
  const double tile = fitting_tile(grid, metrics, {405, 1000});
  EXPECT_DOUBLE_EQ(tile, (405.0 - 50 - 40 - 3 * 5) / 3);
  const PanelLayout layout = layout_panels(grid, metrics, tile);
  EXPECT_DOUBLE_EQ(layout.size.width(), 405);
  EXPECT_DOUBLE_EQ(layout.size.height(), 2 * (tile + 10) + 5);
  EXPECT_DOUBLE_EQ(layout.rows[1][0].tiles[0].top(), tile + 10 + 5);
  EXPECT_DOUBLE_EQ(fitting_tile(grid, metrics, {4000, 225}), 100) << "limited by the height";
}

TEST(PanelLayout, LongRowsAreWrappedEvenlyAndTitlesOfColumnsGoUnderThePanels) {
  PanelGrid grid;
  grid.rows = {{test::wave_group("layer 1", 6, true), test::wave_group("magnitudes", 2, false)}};
  grid.rows[0][1].subtitle.clear();
  for (int i = 0; i < 8; ++i) grid.columns.push_back({.title = QStringLiteral("method %1").arg(i)});
  const PanelGrid same = wrapped(grid, 8);
  EXPECT_EQ(same.rows.size(), 1U);
  EXPECT_EQ(same.columns.size(), 8U);

  const PanelGrid narrow = wrapped(grid, 5);
  ASSERT_EQ(narrow.rows.size(), 3U);
  EXPECT_TRUE(narrow.columns.empty());
  EXPECT_EQ(narrow.rows[0][0].panels.size(), 3U) << "three and three, not five and one";
  EXPECT_EQ(narrow.rows[1][0].panels.size(), 3U);
  EXPECT_FALSE(narrow.rows[0][0].continued);
  EXPECT_TRUE(narrow.rows[1][0].continued);
  EXPECT_EQ(narrow.rows[1][0].panels[0].label, "method 3");
  EXPECT_EQ(narrow.rows[1][0].panels[0].detail, "order 4");
  EXPECT_EQ(narrow.rows[1][0].panels[0].map, grid.rows[0][0].panels[3].map);
  EXPECT_FALSE(narrow.rows[2][0].continued);
  EXPECT_EQ(narrow.rows[2][0].subtitle, "layer 1");
  EXPECT_EQ(narrow.rows[2][0].panels[1].label, "method 7");

  const PanelMetrics metrics{.title = 50, .bar = 40, .caption = 10, .gap = 5};
  EXPECT_EQ(wrapped(grid, metrics, 1000, 60).rows.size(), 1U);
  const PanelGrid fitting = wrapped(grid, metrics, 300, 60);
  EXPECT_GE(fitting_tile(fitting, metrics, {300, 1e6}), 60);
}

TEST(Plate, MapsBecomeSmallerBeforeItIsTallerThanAPage) {
  Plate plate;
  for (int row = 0; row < 8; ++row) plate.grid.rows.push_back({test::wave_group(QStringLiteral("stage"), 3, true)});
  plate.grid.photo = test::photo(112);
  EXPECT_LE(plate_height_mm(plate), kPageHeightMm);
  EXPECT_GT(plate_height_mm(plate), kPageHeightMm - 10) << "and no smaller than that";
  EXPECT_TRUE(page_warning(plate).isEmpty());
  for (int row = 0; row < 20; ++row) plate.grid.rows.push_back({test::wave_group(QStringLiteral("stage"), 3, true)});
  EXPECT_GT(plate_height_mm(plate), kPageHeightMm);
  EXPECT_TRUE(page_warning(plate).contains("more than a page (240 mm)")) << page_warning(plate).toStdString();
}

TEST(Plate, RowsOfManyMapsAreWrappedInOneColumnAndHaveOneLetter) {
  Plate plate;
  plate.width_mm = 85;
  plate.grid.rows = {{test::wave_group(QStringLiteral("methods"), 8, true)}};
  plate.grid.photo = test::photo(112);
  const double wrapped_height = plate_height_mm(plate);
  EXPECT_GT(wrapped_height, 2 * 12) << "two rows of maps of at least 12 mm";
  const QString svg = QString::fromUtf8(bytes(plate, PlateFormat::Svg));
  EXPECT_TRUE(svg.contains(QStringLiteral(">a</text>")));
  EXPECT_FALSE(svg.contains(QStringLiteral(">b</text>")));
  EXPECT_EQ(svg.count(QStringLiteral("<image")), 8 + 2) << "maps, and a colour bar a row";
}

TEST(Plate, PdfHasOnePageOfTheAskedWidthWithTextAsTextAndMapsAtTheInputsResolution) {
  for (const FigurePreset& preset : kFigurePresets) {
    Plate plate = sample_plate();
    plate.width_mm = preset.width_mm;
    const QByteArray pdf = bytes(plate, PlateFormat::Pdf);
    EXPECT_TRUE(pdf.startsWith("%PDF"));
    EXPECT_EQ(pdf.count("/Type /Page\n"), 1);
    EXPECT_TRUE(pdf.contains("/ToUnicode")) << "drawn as outlines the text could not be selected";
    const qsizetype box = pdf.indexOf("/MediaBox [");
    ASSERT_GT(box, 0);
    const QList<QByteArray> sides = pdf.mid(box + 11, pdf.indexOf(']', box) - box - 11).trimmed().split(' ');
    ASSERT_EQ(sides.size(), 4);
    // Qt's pages are whole points.
    EXPECT_NEAR(sides[2].toDouble() / 72 * 25.4, preset.width_mm, 0.5 / 72 * 25.4);
    EXPECT_EQ(pdf.count("/Width 112\n/Height 112"), 6) << "the maps over a photo of 112 pixels";
    EXPECT_EQ(pdf.count("/Subtype /Image"), 6 + 2 + 1 + 1) << "bars of two groups, the matrix and its bar; no more";
    EXPECT_FALSE(pdf.contains("DCTDecode")) << "colours stand for values: nothing may be lost";
  }
}

TEST(Plate, PdfCarriesItsProvenance) {
  const QByteArray pdf = bytes(sample_plate(), PlateFormat::Pdf);
  EXPECT_TRUE(pdf.contains("/EmbeddedFile")) << "provenance.json";
  const qsizetype start = pdf.indexOf("<x:xmpmeta"), end = pdf.indexOf("</x:xmpmeta>");
  ASSERT_GT(start, 0);
  ASSERT_GT(end, start);
  QXmlStreamReader xml(pdf.mid(start, end + 12 - start));
  QString provenance;
  while (!xml.atEnd())
    if (xml.readNextStartElement() && xml.name() == QStringLiteral("provenance")) provenance = xml.readElementText();
  expect_provenance(provenance.toStdString());
}

TEST(Plate, SvgIsWellFormedWithTextMapsAndProvenance) {
  const QByteArray svg = bytes(sample_plate(), PlateFormat::Svg);
  QXmlStreamReader xml(svg);
  QStringList texts;
  int images = 0;
  while (!xml.atEnd()) {
    if (xml.readNext() != QXmlStreamReader::StartElement) continue;
    if (xml.name() == QStringLiteral("svg")) {
      const QString width = xml.attributes().value(QStringLiteral("width")).toString();
      EXPECT_TRUE(width.endsWith("mm"));
      EXPECT_NEAR(width.chopped(2).toDouble(), 178, 0.02) << "rounded to a twentieth of a point";
    }
    if (xml.name() == QStringLiteral("image")) ++images;
    if (xml.name() == QStringLiteral("provenance")) expect_provenance(xml.readElementText().toStdString());
    if (xml.name() == QStringLiteral("text")) {
      EXPECT_THAT(xml.attributes().value(QStringLiteral("font-family")).toString().toStdString(),
                  HasSubstr("DejaVu Sans"));
      texts << xml.readElementText();
    }
  }
  EXPECT_FALSE(xml.hasError()) << xml.errorString().toStdString();
  EXPECT_EQ(images, 10);
  for (const char* text : {"Orders & shares of a gnConv", "a", "f", "gate", "HorNet", "probability", "Similarity",
                           "tabby, \"tiger\" <cat>", "0.912", "a.u."})
    EXPECT_TRUE(texts.contains(QString::fromUtf8(text))) << text;
}

TEST(Plate, PngHasTheAskedResolutionAndProvenance) {
  const QByteArray png = bytes(sample_plate(), PlateFormat::Png, 300);
  const QImage image = QImage::fromData(png);
  EXPECT_NEAR(image.width(), 178 / 25.4 * 300, 1) << "178 mm at 300 dpi, rounded to a pixel";
  EXPECT_NEAR(image.dotsPerMeterX() * 0.0254, 300, 0.1);
  expect_provenance(image.text(QStringLiteral("Provenance")).toStdString());
  EXPECT_FALSE(plate_bytes(sample_plate(), PlateFormat::Png, 100'000)) << "would not fit into memory";
}

TEST(Plate, TheSamePlateGivesTheSameBytes) {
  qputenv("SOURCE_DATE_EPOCH", "1700000000");
  for (const PlateFormat format : {PlateFormat::Pdf, PlateFormat::Svg, PlateFormat::Png}) {
    const QByteArray first = bytes(sample_plate(), format, 150);
    // Other hash tables, other addresses, another cache of images.
    const QByteArray other =
        bytes(sample_plate(), format == PlateFormat::Pdf ? PlateFormat::Png : PlateFormat::Pdf, 100);
    const QByteArray second = bytes(sample_plate(), format, 150);
    EXPECT_TRUE(first == second) << static_cast<int>(format);
  }
  EXPECT_TRUE(bytes(sample_plate(), PlateFormat::Pdf).contains("/CreationDate (D:20231114221320"));
  qunsetenv("SOURCE_DATE_EPOCH");
}

TEST(Plate, IsWrittenWholeOrNotAtAll) {
  QTemporaryDir folder;
  for (const char* name : {"plate.pdf", "plate.svg", "plate.PNG"})
    EXPECT_TRUE(write_plate(sample_plate(), folder.filePath(name), 72)) << name;
  EXPECT_EQ(QDir(folder.path()).entryList(QDir::Files).size(), 3) << "no temporary files are left";
  const auto nowhere = write_plate(sample_plate(), QStringLiteral("/nonexistent/plate.pdf"));
  ASSERT_FALSE(nowhere);
  EXPECT_EQ(nowhere.error().kind, Error::Kind::FileAccess);
  EXPECT_EQ(nowhere.error().subject, "/nonexistent/plate.pdf");
  const auto other = write_plate(sample_plate(), folder.filePath("plate.gif"));
  ASSERT_FALSE(other);
  EXPECT_THAT(other.error().message(), HasSubstr(".pdf, .svg or .png"));
}

TEST(Plate, WritesItsNumbersBeside) {
  QTemporaryDir folder;
  const std::filesystem::path figure = folder.filePath("plate.pdf").toStdString();
  ASSERT_TRUE(write_plate_data(sample_plate(), figure));
  const auto path = [&](const char* name) { return figure.parent_path() / name; };
  const json list = json::parse(*read_text_file(path("plate.json")));
  EXPECT_EQ(list["folder"], "plate.data");
  EXPECT_EQ(list["panels"][1]["maps"][0]["file"], "b_contribution_1.npy");
  const auto map = read_text_file(path("plate.data/b_contribution_1.npy"));
  ASSERT_TRUE(map);
  // NumPy's header fills 128 bytes; the values follow as they are.
  const auto expected = test::wave(14, 1, true);
  ASSERT_EQ(map->size(), 128 + expected->values.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(map->data() + 128, expected->values.data(), expected->values.size() * sizeof(float)), 0);
  EXPECT_EQ(*read_text_file(path("plate.data/f_scores.csv")),
            "class,probability\n\"tabby, \"\"tiger\"\" <cat>\",0.9123456789\nlynx,0.034\n");
  EXPECT_THAT(*read_text_file(path("plate.data/c_deletion.csv")),
              testing::StartsWith("curve,x,y,low,high\nHorNet,0,1,0.85,1.1\n"));
  EXPECT_THAT(*read_text_file(path("plate.data/d_energy_by_order.csv")),
              HasSubstr("category,order 1,order 2,order 3\n0.0,"));
  EXPECT_THAT(*read_text_file(path("plate.data/e_similarity.csv")), testing::StartsWith("row,layers.0,layers.1"));
}

TEST(Plate, StaysInBoundsWhateverItHolds) {
  Plate empty;
  EXPECT_FALSE(bytes(empty, PlateFormat::Pdf).isEmpty());
  Plate odd = sample_plate();
  odd.width_mm = kLeastFigureWidth;
  odd.title = QString(500, 'W');
  odd.panels.push_back({QString(), 0.1, PlotPanel{}, {}});
  odd.panels.push_back({QString(), 0.1, MatrixPanel{}, {}});
  odd.panels.push_back({QString(), 0.1, TablePanel{}, {}});
  PlotPanel nan;
  nan.lines = {{QStringLiteral("nan"), {0, 1}, {std::nan(""), INFINITY}, {}, {}, {}, false}};
  odd.panels.push_back({QString(), 0.1, nan, {}});
  odd.grid.rows[0][0].panels[0].map.reset();
  for (const PlateFormat format : {PlateFormat::Pdf, PlateFormat::Svg, PlateFormat::Png})
    EXPECT_FALSE(bytes(odd, format, 72).isEmpty());
}

/// As pages that compare models have it: columns, a part of another photo, and what is coloured already.
Plate compared_plate() {
  Plate plate = sample_plate();
  plate.grid.columns = {{QStringLiteral("hornet"), QStringLiteral("7 × 7"), {}, QColor(0, 114, 178)},
                        {QStringLiteral("swin"), {}, {}, {}}};
  plate.grid.style.contours = 3;
  plate.grid.style.colormap = Colormap::Magma;
  plate.grid.frame = Frame(0, 0, 100, 100);
  MapPanel& other = plate.grid.rows[0][0].panels[1];
  other.photo = test::photo(90);
  other.frame = Frame(10, 10, 60, 40);
  other.photo_frame = Frame(0, 0, 90, 90);
  MapPanel& colored = plate.grid.rows[0][0].panels[2];
  colored.map.reset();
  colored.colors = test::photo(7);
  return plate;
}

TEST(Plate, ShowsColumnsContoursAndPartsOfOtherPhotos) {
  const QByteArray svg = bytes(compared_plate(), PlateFormat::Svg);
  EXPECT_TRUE(svg.contains(">hornet</text>"));
  EXPECT_GT(svg.count("<polyline"), bytes(sample_plate(), PlateFormat::Svg).count("<polyline") + 3)
      << "contours as lines";
  QTemporaryDir folder;
  ASSERT_TRUE(write_plate_data(compared_plate(), folder.filePath("plate.pdf").toStdString()));
  EXPECT_EQ(QImage(folder.filePath("plate.data/a_gate_3.png")).size(), QSize(7, 7));
}

TEST(StoredPanel, ComesBackAsItWas) {
  const Plate plate = compared_plate();
  Plate back = plate;
  back.grid = {};
  back.panels.clear();
  for (const PlatePanel& panel : panels_of(plate)) {
    const auto read = plate_panel_from_json(json::parse(to_json(panel).dump()));
    ASSERT_TRUE(read) << read.error().message();
    back.panels.push_back(*read);
  }
  EXPECT_TRUE(bytes(plate, PlateFormat::Svg) == bytes(back, PlateFormat::Svg));
}

TEST(StoredPanel, IsRefusedWhereItMakesNoSense) {
  const json maps = to_json(panels_of(sample_plate())[0]);
  const json plot = to_json(sample_plate().panels[0]);
  const auto refused = [](json panel, const char* pointer, const json& value) {
    panel[json::json_pointer(pointer)] = value;
    const auto read = plate_panel_from_json(panel);
    return read ? std::string("accepted") : read.error().message();
  };
  EXPECT_THAT(refused(maps, "/kind", "film"), HasSubstr("content.kind"));
  EXPECT_THAT(refused(maps, "/maps/photo", "AAAA"), HasSubstr("content.maps.photo must be a PNG"));
  EXPECT_THAT(refused(maps, "/maps/rows/0/groups/0/maps/1/map/height", 15), HasSubstr("maps[1].map.values"));
  EXPECT_THAT(refused(maps, "/maps/rows/0/groups/0/maps/1/map/height", 1e9), HasSubstr("maps[1].map.height"));
  EXPECT_THAT(refused(maps, "/maps/rows/0/groups/0/bar/colormap", "jet"), HasSubstr("bar.colormap"));
  EXPECT_THAT(refused(plot, "/plot/lines/0/x", "!"), HasSubstr("lines[0].x must be numbers in base64"));
  EXPECT_THAT(refused(plot, "/plot/lines/0/y", ""), HasSubstr("as many numbers as x"));
  EXPECT_THAT(refused(plot, "/plot/lines", 5), HasSubstr("plot.lines must be a list"));
}

TEST(StoredPanel, AMutatedOneIsDrawnOrRefusedButNeverMore) {
  std::mt19937 random(11);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const std::vector<std::string> values{"null", "-1", "1e308", "5", "\"\"", "{}", "[]", "true", "\"AAAA\"", "0.5"};
  int drawn = 0;
  for (const PlatePanel& panel : panels_of(compared_plate())) {
    const std::string good = to_json(panel).dump();
    for (int round = 0; round < 60; ++round) {
      std::string text = good;
      // A value for a value keeps the JSON well formed.
      const std::size_t colon = text.find("\":", below(text.size()));
      if (colon == std::string::npos || std::string("{[").find(text[colon + 2]) != std::string::npos) continue;
      const std::size_t end = text.find_first_of(",}]", colon);
      text.replace(colon + 2, end - colon - 2, values[below(values.size())]);
      const json changed = json::parse(text, nullptr, false);
      if (changed.is_discarded()) continue;
      const auto read = plate_panel_from_json(changed);
      if (!read) continue;
      Plate plate;
      plate.panels = {*read};
      plate.width_mm = 60;
      EXPECT_TRUE(plate_bytes(plate, PlateFormat::Svg)) << text.substr(0, 200);
      ++drawn;
    }
  }
  EXPECT_GT(drawn, 20);
}

TEST(Plot, IsTakenFromAPlotOnScreen) {
  QCustomPlot screen;
  screen.xAxis->setLabel(QStringLiteral("radius (px)"));
  screen.xAxis->setRange(0, 10);
  QCPGraph* graph = screen.addGraph();
  graph->setName(QStringLiteral("HorNet"));
  graph->setPen(QPen(QColor(Qt::red), 2, Qt::DashLine));
  graph->setData({1, 2, 3}, {4, 5, 6});
  const PlotPanel plot = plot_of(screen);
  ASSERT_EQ(plot.lines.size(), 1U);
  EXPECT_EQ(plot.lines[0].name, QStringLiteral("HorNet"));
  EXPECT_EQ(plot.lines[0].y, (std::vector<double>{4, 5, 6}));
  EXPECT_TRUE(plot.lines[0].dashed);
  EXPECT_EQ(plot.x_label, QStringLiteral("radius (px)"));
  EXPECT_FALSE(plot.x_range) << "names have their room beside the axes, not inside";
}

TEST(Plot, BarsWithoutNamesDivideTheirAxis) {
  PlotPanel plot;
  plot.x_range = PlotRange{0, 1};
  plot.bars = {{QString(), {0, 4, 0, 0}, QColor(Qt::red)}};
  Plate plate;
  plate.panels = {{QString(), 1, plot, {}}};
  plate.width_mm = 80;
  const QImage image = QImage::fromData(bytes(plate, PlateFormat::Png, 100));
  ASSERT_FALSE(image.isNull());
  int least = image.width(), most = 0;
  for (int x = 0; x < image.width(); ++x)
    if (image.pixelColor(x, image.height() / 2) == QColor(Qt::red)) {
      least = std::min(least, x);
      most = std::max(most, x);
    }
  EXPECT_GT(least, image.width() / 4) << "the second quarter of the axis, which begins right of its numbers";
  EXPECT_LT(most, image.width() * 6 / 10);
  EXPECT_GT(most - least, image.width() / 8) << "as wide as a part of it";
}

}  // namespace
}  // namespace orderscope
