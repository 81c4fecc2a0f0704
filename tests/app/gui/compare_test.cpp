// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/gui/compare_disagreement.h"
#include "app/gui/compare_grid.h"
#include "app/gui/compare_page.h"
#include "app/gui/compare_similarity.h"
#include "app/gui/compare_spectrum.h"
#include "app/gui/compare_work.h"
#include "app/gui/inspection_engine.h"
#include "app/gui/session.h"
#include "app/gui/view_history.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"
#include "widgets/matrix_view.h"
#include "widgets/result_area.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;

constexpr int kPatience = 120000;  // milliseconds; the work takes a few seconds on an idle core

const fs::path kSmall = fs::path(ORDERSCOPE_GOLDEN_DIR) / "small";
const fs::path kSamples = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples";

class CompareTest : public ::testing::Test {
 protected:
  CompareTest() : session(make_core_engine(std::make_shared<ModelCache>())), page(session) {
    page.resize(1100, 700);
    page.show();
    page.activate();
  }

  void open(const std::vector<std::string>& models, const std::vector<std::string>& images = {"chelsea.png"}) {
    std::vector<fs::path> paths;
    for (const std::string& name : models) paths.push_back(kSmall / name / "official.pth");
    for (const std::string& name : images) paths.push_back(kSamples / name);
    session.add_files(paths);
  }

  bool idle() {
    return QTest::qWaitFor([&] { return page.work().idle() && !session.busy() && !page.work().columns().empty(); },
                           kPatience);
  }

  void set(const std::function<void(CompareSettings&)>& edit) {
    CompareSettings settings = page.settings();
    edit(settings);
    page.set_settings(settings);
  }

  const PanelGrid& grid() const { return page.grid()->grid(); }

  Session session;
  ComparePage page;
};

TEST_F(CompareTest, ShowsAColumnAModelAndARowAStageUnderOneCrossHair) {
  open({"hornet_7x7", "swin", "convnext"});
  ASSERT_TRUE(idle());
  ASSERT_EQ(grid().columns.size(), 3U);
  EXPECT_EQ(grid().rows.size(), 4U);
  for (const auto& row : grid().rows)
    for (const MapPanel& panel : row.front().panels) {
      ASSERT_NE(panel.map, nullptr) << panel.note.toStdString();
      EXPECT_EQ(panel.map->unit, "activation");
    }
  // Every model's colour is its own, and no other's.
  EXPECT_NE(grid().columns[0].color, grid().columns[1].color);

  const auto& tiles = page.grid()->tiles();
  Q_EMIT tiles[0]->hovered({0.25, 0.5});
  const Point photo = tiles[0]->frame().to_photo({0.25, 0.5});
  for (const MapTile* tile : tiles) {
    const auto position = tile->cursor_position();
    ASSERT_TRUE(position);
    const Point there = tile->frame().to_photo(to_point(*position));
    // To the photo pixel and back in double.
    EXPECT_NEAR(there.x, photo.x, 1e-9);
    EXPECT_NEAR(there.y, photo.y, 1e-9);
  }
}

TEST_F(CompareTest, ScalesAreSharedByAllByARowOrByNobody) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(idle());
  const auto high = [&](std::size_t row, std::size_t column) {
    return grid().rows[row].front().panels[column].scale.high;
  };
  set([](CompareSettings& s) { s.scale = CompareScale::PerRow; });
  EXPECT_EQ(high(0, 0), high(0, 1));
  EXPECT_NE(high(0, 0), high(3, 0));
  set([](CompareSettings& s) { s.scale = CompareScale::Shared; });
  EXPECT_EQ(high(0, 0), high(3, 1));
  set([](CompareSettings& s) { s.scale = CompareScale::PerImage; });
  EXPECT_NE(high(0, 0), high(0, 1));
  EXPECT_TRUE(grid().rows[0].front().relative);
}

TEST_F(CompareTest, ShowsAlignedColoursGradCamAndAttentionOfOneStage) {
  open({"hornet_7x7", "swin"});
  set([](CompareSettings& s) {
    s.rows = CompareRows::Maps;
    s.stage = 2;
  });
  ASSERT_TRUE(idle());
  ASSERT_EQ(grid().rows.size(), 4U);
  for (const MapPanel& panel : grid().rows[1].front().panels) EXPECT_FALSE(panel.colors.isNull());
  for (const MapPanel& panel : grid().rows[2].front().panels) {
    ASSERT_NE(panel.map, nullptr);
    EXPECT_TRUE(panel.map->is_signed);
  }
  const auto attention = [&](std::size_t column) { return grid().rows[3].front().panels[column]; };
  EXPECT_EQ(attention(1).map, nullptr);
  EXPECT_TRUE(attention(1).note.contains(QStringLiteral("click")));
  EXPECT_TRUE(attention(0).note.contains(QStringLiteral("convolution")));

  Q_EMIT page.grid()->tiles()[0]->clicked({0.5, 0.5});
  ASSERT_TRUE(QTest::qWaitFor([&] { return attention(1).map != nullptr; }, kPatience));
  double sum = 0;
  for (const float value : attention(1).map->values) sum += value;
  EXPECT_NEAR(sum, 1, 1e-5) << "a softmax in float32";
}

TEST_F(CompareTest, ExplainsOneClassInAllModelsAndDropsTheOtherClass) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(idle());
  set([](CompareSettings& s) { s.quantity = "gradcam"; });
  ASSERT_TRUE(idle());
  const auto explained = [&](std::size_t column) {
    return page.work().columns()[column].quantities.at("gradcam").class_index;
  };
  EXPECT_EQ(explained(0), explained(1));
  const std::string other = page.work().columns()[0].compared->scores()[1].name;
  set([&](CompareSettings& s) { s.class_name = other; });
  ASSERT_TRUE(idle());
  EXPECT_EQ(explained(0), page.work().columns()[0].compared->scores()[1].index);
  EXPECT_EQ(explained(1), explained(0));
}

TEST_F(CompareTest, TakesAnyMethodThatGivesMaps) {
  open({"convnext"});
  set([](CompareSettings& s) { s.quantity = "layercam"; });
  for (const std::string& id : compare_quantities()) {
    if (id.find("cam") == std::string::npos || id == "gradcam" || id == "scorecam" || id == "ablationcam") continue;
    set([&](CompareSettings& s) { s.quantity = id; });
    ASSERT_TRUE(idle());
    const MapPanel& panel = grid().rows.back().front().panels[0];
    EXPECT_TRUE(panel.map != nullptr || !panel.note.isEmpty()) << id;
  }
}

TEST_F(CompareTest, CellsOfTheSimilarityOpenTheirTwoLayers) {
  open({"hornet_7x7", "convnext"}, {"chelsea.png", "coffee.png", "dog.jpg", "rocket.jpg"});
  ASSERT_TRUE(idle());
  page.work().start_similarity();
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().similarity().found.has_value(); }, kPatience));
  MatrixView* matrix = page.similarity()->matrix();
  EXPECT_EQ(matrix->matrix().rows.size(), page.work().columns()[0].model->blocks.size());
  EXPECT_TRUE(page.similarity()->area()->message().isEmpty());
  Q_EMIT matrix->cell_opened(1, 2);
  ASSERT_EQ(grid().columns.size(), 2U);
  EXPECT_EQ(grid().columns[0].title.toStdString(), page.work().columns()[0].model->blocks[1].name);
  EXPECT_EQ(grid().columns[1].title.toStdString(), page.work().columns()[1].model->blocks[2].name);
  EXPECT_EQ(matrix->chosen(), QPoint(2, 1));
  ASSERT_NE(grid().rows[0].front().panels[1].map, nullptr);
  EXPECT_EQ(grid().rows[0].front().panels[1].map->provenance.layer, page.work().columns()[1].model->blocks[2].name);
  set([](CompareSettings& s) { s.layers.reset(); });
  EXPECT_EQ(grid().rows.size(), 4U);
}

TEST_F(CompareTest, TheModelsOfTheMatrixAndTheOpenedCellComeBackWithTheState) {
  open({"hornet_7x7", "swin", "convnext"}, {"chelsea.png", "coffee.png", "dog.jpg"});
  ASSERT_TRUE(idle());
  const auto path = [&](std::size_t column) { return page.work().columns()[column].path.string(); };
  EXPECT_EQ(page.work().similarity().b, 1) << "the first two";
  Q_EMIT page.similarity()->models_chosen({path(2), path(0)});
  EXPECT_EQ(page.work().similarity().a, 2);
  EXPECT_EQ(page.work().similarity().b, 0);
  page.work().start_similarity();
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().similarity().found.has_value(); }, kPatience));
  Q_EMIT page.similarity()->matrix()->cell_opened(3, 1);
  EXPECT_EQ(page.settings().layers, (CompareLayers{path(2), path(0), 3, 1}));
  const nlohmann::json state = page.state();

  // A window that opens the session: the settings are there before the models are.
  Session other(make_core_engine(std::make_shared<ModelCache>()));
  ComparePage again(other);
  again.show();
  again.restore(state);
  again.activate();
  std::vector<fs::path> files;
  for (const ModelSource& source : session.models()) files.push_back(source.path);
  for (const ImageSource& source : session.images()) files.push_back(source.path);
  other.add_files(files);
  ASSERT_TRUE(QTest::qWaitFor(
      [&] { return again.work().idle() && !other.busy() && again.work().columns().size() == 3; }, kPatience));
  EXPECT_EQ(again.work().similarity().a, 2);
  EXPECT_EQ(again.work().similarity().b, 0);
  again.work().start_similarity();
  ASSERT_TRUE(QTest::qWaitFor([&] { return again.work().similarity().found.has_value(); }, kPatience));
  EXPECT_EQ(again.similarity()->matrix()->chosen(), QPoint(1, 3)) << "column, row";
  EXPECT_EQ(again.grid()->grid().columns[0].title.toStdString(), again.work().columns()[2].model->blocks[3].name);

  // Without one of them the first two are compared, and no cell is that of the layers.
  CompareSettings fewer = again.settings();
  fewer.left_out = {path(2)};
  again.set_settings(fewer);
  EXPECT_EQ(again.work().similarity().a, 0);
  EXPECT_EQ(again.work().similarity().b, 1);
}

TEST_F(CompareTest, SpectraTellConvolutionFromGnConv) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(idle());
  page.work().start_spectra();
  ASSERT_TRUE(idle());
  const auto curves = spectrum_curves(page.work().columns(), false, 1);
  ASSERT_EQ(curves.size(), 2U);
  EXPECT_LT(curves[1].y[1], 1e-20) << "a depthwise convolution is linear, to the rounding of float64";
  EXPECT_GT(curves[0].y[1], 1e-12) << "a gnConv is not";
  const auto by_depth = spectrum_curves(page.work().columns(), true, 1);
  EXPECT_EQ(by_depth[0].x.size(), page.work().columns()[0].model->blocks.size());
  EXPECT_EQ(by_depth[0].x.back(), 1);
}

TEST_F(CompareTest, SaysWhereTheModelsDisagree) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(idle());
  const PanelGrid& difference = page.disagreement()->grid()->grid();
  ASSERT_FALSE(difference.empty());
  EXPECT_TRUE(difference.rows[0].front().panels[0].map->is_signed);
  EXPECT_TRUE(page.disagreement()->text().contains(QStringLiteral("correlation")));
  // The cross hair of the maps is that of the difference.
  page.grid()->link()->set_cursor(QPointF(200, 150));
  EXPECT_TRUE(page.disagreement()->grid()->tiles()[0]->cursor_position().has_value());
}

TEST_F(CompareTest, TheFigureHoldsWhatStandsBesideTheMaps) {
  open({"hornet_7x7", "convnext"}, {"chelsea.png", "coffee.png"});
  ASSERT_TRUE(idle());
  page.work().start_similarity();
  ASSERT_TRUE(idle());
  page.work().start_spectra();
  ASSERT_TRUE(idle());
  const Plate plate = page.figure();
  EXPECT_FALSE(plate.grid.empty());
  const MatrixPanel* matrix = nullptr;
  const PlotPanel* spectra = nullptr;
  int maps = 0, tables = 0;
  for (const PlatePanel& panel : plate.panels) {
    if (const auto* of = std::get_if<MatrixPanel>(&panel.content)) matrix = of;
    if (const auto* of = std::get_if<PlotPanel>(&panel.content)) spectra = of;
    maps += std::holds_alternative<PanelGrid>(panel.content) ? 1 : 0;
    tables += std::holds_alternative<TablePanel>(panel.content) ? 1 : 0;
    EXPECT_TRUE(plate_panel_from_json(to_json(panel))) << panel.title.toStdString();
  }
  ASSERT_NE(matrix, nullptr);
  EXPECT_EQ(matrix->matrix.values, page.similarity()->matrix()->matrix().values);
  ASSERT_NE(spectra, nullptr);
  ASSERT_EQ(spectra->lines.size(), 2U);
  // log10 and back in double
  EXPECT_NEAR(std::pow(10, spectra->lines[0].y[1]), std::max(page.spectrum()->plot()->curves()[0].y[1], 1e-6), 1e-9);
  EXPECT_EQ(maps, 1) << "where they disagree";
  EXPECT_EQ(tables, 2) << "correlations and predictions";
}

TEST_F(CompareTest, ABrokenModelIsAColumnThatSaysSoAndTheOthersGoOn) {
  session.add_files({fs::path(ORDERSCOPE_GOLDEN_DIR) / "bad" / "st_truncated.safetensors",
                     kSmall / "convnext" / "official.pth", kSamples / "chelsea.png"});
  ASSERT_TRUE(idle());
  ASSERT_EQ(grid().columns.size(), 2U);
  EXPECT_EQ(grid().rows[0].front().panels[0].map, nullptr);
  EXPECT_FALSE(grid().rows[0].front().panels[0].note.isEmpty());
  EXPECT_NE(grid().rows[0].front().panels[1].map, nullptr);
}

TEST_F(CompareTest, DividesTwoModelsAndLeavesModelsOut) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(idle());
  set([](CompareSettings& s) { s.divide = true; });
  ASSERT_NE(page.grid()->tiles()[0]->swipe(), nullptr);
  page.grid()->tiles()[0]->set_divider(0.2);
  EXPECT_EQ(page.grid()->tiles()[2]->divider(), 0.2) << "dividers move together";
  const QColor color = grid().columns[1].color;
  set([](CompareSettings& s) {
    s.divide = false;
    s.left_out = {(kSmall / "hornet_7x7" / "official.pth").string()};
  });
  ASSERT_TRUE(idle());
  ASSERT_EQ(grid().columns.size(), 1U);
  EXPECT_EQ(grid().columns[0].color, color) << "a model keeps its colour whoever is beside it";
}

TEST_F(CompareTest, DropsWhatBelongsToAnotherPhotoAndStopsWhenAsked) {
  open({"hornet_7x7", "convnext"}, {"chelsea.png", "coffee.png"});
  session.select_image(1);
  ASSERT_TRUE(idle());
  for (const CompareColumn& column : page.work().columns()) {
    ASSERT_NE(column.compared, nullptr);
    EXPECT_EQ(column.compared->input().source_sha256, page.work().columns()[0].compared->input().source_sha256);
  }
  session.select_image(0);
  page.work().cancel();
  EXPECT_TRUE(page.work().idle());
  EXPECT_TRUE(page.work().stopped());
  page.work().retry();
  ASSERT_TRUE(idle());
  EXPECT_FALSE(grid().empty());
}

TEST_F(CompareTest, StateComesBackAndNonsenseChangesNothing) {
  set([](CompareSettings& s) {
    s.rows = CompareRows::Maps;
    s.quantity = "pca";
    s.stage = 1;
    s.scale = CompareScale::PerImage;
    s.style.colormap = Colormap::Magma;
    s.style.contours = 3;
    s.by_depth = true;
    s.degree = 2;
    s.left_out = {"/a.pth"};
    s.layers = CompareLayers{"/a.pth", "/b.pth", 1, 2};
    s.similarity = ComparePair{"/b.pth", "/a.pth"};
    s.least_score = 0.65;
  });
  const CompareSettings before = page.settings();
  const nlohmann::json state = page.state();
  page.set_settings({});
  page.restore(state);
  EXPECT_EQ(page.settings(), before);
  page.restore({{"scale", 7},
                {"opacity", "much"},
                {"degree", 99},
                {"rows", "x"},
                {"left_out", 3},
                {"similarity", 1},
                {"least_score", 4}});
  EXPECT_EQ(page.settings().scale, before.scale);
  EXPECT_EQ(page.settings().degree, 8);
  EXPECT_EQ(page.settings().least_score, 1);
  page.restore(nlohmann::json::array());
}

TEST_F(CompareTest, SaysWhatToDoWhereThereIsNothing) {
  EXPECT_TRUE(grid().empty());
  bool said = false;
  for (const QLabel* label : page.findChildren<QLabel*>())
    said = said || label->text().contains(QStringLiteral("each becomes a column"));
  EXPECT_TRUE(said);
  EXPECT_TRUE(page.figure().grid.empty());
}

TEST_F(CompareTest, SegmentersSayWhereTheyNameOtherClasses) {
  const fs::path dense = fs::path(ORDERSCOPE_GOLDEN_DIR) / "dense";
  session.add_files({dense / "upernet_small_gf" / "checkpoint.pth", dense / "maskrcnn_small" / "checkpoint.pth",
                     kSamples / "chelsea.png"});
  ASSERT_TRUE(idle());
  const PanelGrid& grid = page.grid()->grid();
  ASSERT_FALSE(grid.empty());
  EXPECT_EQ(grid.rows.front().front().title, "classes");
  for (const MapPanel& panel : grid.rows.front().front().panels)
    EXPECT_FALSE(panel.colors.isNull()) << panel.note.toStdString();
  for (const CompareColumn& column : page.work().columns()) {
    EXPECT_TRUE(column.problem.isEmpty()) << column.problem.toStdString();
    EXPECT_FALSE(column.quantities.at("gradcam").maps.empty());
  }
  const LabelAgreement* agreement = page.disagreement()->label_agreement();
  ASSERT_NE(agreement, nullptr);
  EXPECT_GE(agreement->agreeing, 0);
  EXPECT_LT(agreement->agreeing, 1) << "one colours the whole picture, the other boxes";
  EXPECT_NE(page.disagreement()->text().indexOf("IoU"), -1);

  // Boxes below the score are neither drawn nor compared; undone like any other setting of the view.
  EXPECT_TRUE(page.least_score()->isVisibleTo(&page));
  const auto boxes = [&] { return page.work().columns()[1].prediction; };
  const auto labelled = [&] {
    const PlacedLabels& labels = *page.work().columns()[1].labels;
    return std::ranges::count_if(labels.labels, [](std::int32_t label) { return label >= 0; });
  };
  const QImage before = boxes();
  const auto pixels_before = labelled();
  ViewHistory history;
  history.watch(page);
  page.least_score()->setValue(1);
  EXPECT_EQ(page.settings().least_score, 1);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().columns()[1].least_score == 1; }, kPatience));
  EXPECT_NE(boxes(), before);
  EXPECT_LT(labelled(), pixels_before);
  history.undo();
  EXPECT_EQ(page.settings().least_score, 0.3);
  EXPECT_EQ(page.least_score()->value(), 0.3);
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().columns()[1].least_score == 0.3; }, kPatience));
  EXPECT_EQ(boxes(), before);
  EXPECT_FALSE(page.work().similarity().found.has_value());
}

}  // namespace
}  // namespace orderscope
