// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/gui/inspection_engine.h"
#include "app/gui/receptive_field_grid.h"
#include "app/gui/receptive_field_page.h"
#include "app/gui/receptive_field_table.h"
#include "app/gui/receptive_field_work.h"
#include "app/gui/session.h"
#include "core/run/model_cache.h"
#include "tests/temporary_folder.h"
#include "widgets/curve_plot.h"
#include "widgets/map_grid.h"
#include "widgets/map_link.h"
#include "widgets/map_tile.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using State = ReceptiveFieldWork::State;

constexpr int kPatience = 120000;  // milliseconds; the work takes a few seconds on an idle core
constexpr int kSize = 96;

const fs::path kSmall = fs::path(ORDERSCOPE_GOLDEN_DIR) / "small";
const fs::path kSamples = fs::path(ORDERSCOPE_SOURCE_DIR) / "resources" / "samples";

class ReceptiveFieldTest : public ::testing::Test {
 protected:
  ReceptiveFieldTest() : session(make_core_engine(cache), cache), page(session) {
    set([](ReceptiveFieldSettings& s) {
      s.plan.size = kSize;
      s.plan.bootstrap = 30;
    });
    page.resize(1100, 700);
    page.show();
    page.activate();
  }

  void open(const std::vector<std::string>& models,
            const std::vector<std::string>& images = {"chelsea.png", "coffee.png", "dog.jpg"}) {
    std::vector<fs::path> paths;
    for (const std::string& name : models) paths.push_back(kSmall / name / "official.pth");
    for (const std::string& name : images) paths.push_back(kSamples / name);
    session.add_files(paths);
  }

  bool done() {
    return QTest::qWaitFor([&] { return page.work().state() == State::Done && !session.busy(); }, kPatience);
  }

  void set(const std::function<void(ReceptiveFieldSettings&)>& edit) {
    ReceptiveFieldSettings settings = page.settings();
    edit(settings);
    page.set_settings(settings);
  }

  const FieldSnapshot& seen(std::size_t column) { return *page.work().columns()[column].trained.seen; }
  const PanelGrid& grid() const { return page.grid()->grid(); }

  /// What a run outside of the window finds.
  FieldSnapshot alone(const std::string& model, const std::vector<std::string>& images, FieldPlan plan,
                      bool control = false) {
    std::vector<fs::path> files;
    for (const std::string& name : images) files.push_back(kSamples / name);
    const auto opened = load_model(kSmall / model / "official.pth");
    const auto run = FieldRun::start(*opened, std::make_shared<FieldPictures>(files), plan, control, 1 << 28);
    while (!(*run)->done()) EXPECT_TRUE((*run)->add_next());
    return *(*run)->look(true);
  }

  std::shared_ptr<ModelCache> cache = std::make_shared<ModelCache>();
  Session session;
  ReceptiveFieldPage page;
};

void expect_equal(const FieldSnapshot& a, const FieldSnapshot& b) {
  EXPECT_EQ(a.used, b.used);
  ASSERT_EQ(a.fields.size(), b.fields.size());
  for (std::size_t f = 0; f < a.fields.size(); ++f) {
    // The same passes over the same images in the same order: no tolerance.
    EXPECT_EQ(a.fields[f].mean.values, b.fields[f].mean.values);
    for (std::size_t t = 0; t < a.fields[f].ratios.size(); ++t) {
      ASSERT_EQ(a.fields[f].ratios[t].value.has_value(), b.fields[f].ratios[t].value.has_value());
      if (a.fields[f].ratios[t].value) {
        EXPECT_EQ(a.fields[f].ratios[t].value->ratio, b.fields[f].ratios[t].value->ratio);
      }
      EXPECT_EQ(a.fields[f].ratios[t].low, b.fields[f].ratios[t].low);
      EXPECT_EQ(a.fields[f].ratios[t].high, b.fields[f].ratios[t].high);
    }
  }
}

TEST_F(ReceptiveFieldTest, ShowsWhatTheCoreMeasuresOfSeveralModelsAndTheirRandomTwins) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(done());
  ASSERT_EQ(page.work().columns().size(), 2U);
  const std::vector<std::string> images{"chelsea.png", "coffee.png", "dog.jpg"};
  expect_equal(seen(0), alone("hornet_7x7", images, page.settings().plan));
  expect_equal(seen(1), alone("convnext", images, page.settings().plan));
  expect_equal(*page.work().columns()[1].control.seen, alone("convnext", images, page.settings().plan, true));

  // Two columns, trained above random, in the models' colours.
  ASSERT_EQ(grid().rows.size(), 2U);
  ASSERT_EQ(grid().columns.size(), 2U);
  for (const auto& row : grid().rows)
    for (const MapPanel& panel : row.front().panels) ASSERT_NE(panel.map, nullptr) << panel.note.toStdString();
  const auto& curves = page.profile()->curves();
  ASSERT_EQ(curves.size(), 4U);
  EXPECT_FALSE(curves[0].dashed);
  EXPECT_TRUE(curves[1].dashed);
  EXPECT_EQ(curves[0].color, grid().columns[0].color);
  EXPECT_EQ(curves[1].color, grid().columns[0].color);

  // With fewer fields than models a row is a model, on the page but not in print.
  set([](ReceptiveFieldSettings& s) { s.control = false; });
  ASSERT_TRUE(done());
  ASSERT_EQ(grid().rows.size(), 2U);
  ASSERT_EQ(grid().columns.size(), 1U);
  for (std::size_t i = 0; i < 2; ++i) {
    EXPECT_EQ(grid().rows[i].front().title, page.work().columns()[i].name);
    EXPECT_EQ(grid().rows[i].front().color, page.work().columns()[i].color);
    EXPECT_EQ(grid().rows[i].front().panels.front().map.get(), &seen(i).fields.front().scaled);
  }
  EXPECT_EQ(page.figure().grid.columns.size(), 2U);
  set([](ReceptiveFieldSettings& s) { s.control = true; });
  ASSERT_TRUE(done());

  // The table holds each ratio with its interval.
  AreaTableView* table = page.table();
  ASSERT_EQ(table->rowCount(), 4);
  for (std::size_t t = 0; t < kErfThresholds.size(); ++t) {
    const AreaMeasure& measure = seen(0).fields[0].ratios[t];
    const QTableWidgetItem* item = table->item(0, static_cast<int>(t) + 1);
    if (measure.value)
      // Three digits are written.
      EXPECT_NEAR(item->text().toDouble(), 100 * measure.value->ratio, 5e-3 * 100 * measure.value->ratio);
    else
      EXPECT_EQ(item->text(), QStringLiteral("not reached"));
  }
  table->copy();
  EXPECT_EQ(QGuiApplication::clipboard()->text().count('\n'), 4);
}

TEST_F(ReceptiveFieldTest, SquaresAreThoseOfTheAreas) {
  open({"convnext"});
  ASSERT_TRUE(done());
  const MapPanel& panel = grid().rows[0].front().panels[0];
  std::size_t reached = 0;
  for (const AreaMeasure& measure : seen(0).fields[0].ratios) {
    if (!measure.value) continue;
    const QRectF square = panel.lines.at(reached++).points.boundingRect();
    // Of the map's area, but for rounding in double.
    EXPECT_NEAR(square.width() * square.height(), measure.value->ratio, 1e-9);
  }
  EXPECT_EQ(panel.lines.size(), reached);
  EXPECT_GT(reached, 0U);

  set([](ReceptiveFieldSettings& s) { s.outline = FieldOutline::Levels; });
  EXPECT_FALSE(grid().rows[0].front().panels[0].lines.empty());
  set([](ReceptiveFieldSettings& s) { s.outline = FieldOutline::None; });
  EXPECT_TRUE(grid().rows[0].front().panels[0].lines.empty());
}

TEST_F(ReceptiveFieldTest, GrowsImageByImageAndGoesOnAfterAPause) {
  set([](ReceptiveFieldSettings& s) { s.control = false; });
  std::vector<std::int64_t> counts;
  QObject::connect(&page.work(), &ReceptiveFieldWork::changed, [&] {
    if (page.work().columns().empty() || !page.work().columns()[0].trained.seen) return;
    counts.push_back(seen(0).used);
    if (counts.size() == 1) page.run_button()->click();
  });
  open({"hornet_7x7"}, {"chelsea.png", "coffee.png", "dog.jpg", "rocket.jpg", "astronaut.png"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().state() == State::Paused; }, kPatience));
  EXPECT_LT(counts.front(), 5);
  EXPECT_FALSE(seen(0).complete);
  EXPECT_FALSE(grid().empty()) << "what was found stays on the page";
  EXPECT_EQ(page.run_button()->text(), QStringLiteral("Continue"));
  // Nothing begins by itself, whatever the session does.
  page.activate();
  EXPECT_EQ(page.work().state(), State::Paused);

  page.run_button()->click();
  ASSERT_TRUE(done());
  EXPECT_EQ(counts.back(), 5);
  EXPECT_TRUE(std::is_sorted(counts.begin(), counts.end())) << "no image is measured twice";
  expect_equal(seen(0), alone("hornet_7x7", {"chelsea.png", "coffee.png", "dog.jpg", "rocket.jpg", "astronaut.png"},
                              page.settings().plan));
}

TEST_F(ReceptiveFieldTest, CancelledInTheListOfJobsItIsPaused) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().state() == State::Running; }, kPatience));
  session.jobs().cancel_all();
  ASSERT_TRUE(QTest::qWaitFor([&] { return page.work().state() == State::Paused; }, kPatience));
  page.work().start();
  ASSERT_TRUE(done());
  EXPECT_EQ(seen(1).used, 3);
}

TEST_F(ReceptiveFieldTest, MoreImagesAndOtherModelsKeepWhatIsThere) {
  set([](ReceptiveFieldSettings& s) {
    s.control = false;
    s.plan.count = 1;
  });
  open({"convnext"});
  ASSERT_TRUE(done());
  EXPECT_EQ(seen(0).used, 1);
  set([](ReceptiveFieldSettings& s) { s.plan.count = 3; });
  EXPECT_EQ(seen(0).used, 1) << "it is shown until there is more";
  ASSERT_TRUE(done());
  expect_equal(seen(0), alone("convnext", {"chelsea.png", "coffee.png", "dog.jpg"}, page.settings().plan));
  set([](ReceptiveFieldSettings& s) { s.plan.count = 2; });
  ASSERT_TRUE(done());
  expect_equal(seen(0), alone("convnext", {"chelsea.png", "coffee.png"}, page.settings().plan));

  const auto before = page.work().columns()[0].trained.seen;
  const QColor color = page.work().columns()[0].color;
  open({"hornet_7x7"}, {});
  ASSERT_TRUE(done());
  EXPECT_EQ(seen(0).fields[0].mean.values, before->fields[0].mean.values);
  set([](ReceptiveFieldSettings& s) { s.left_out = {(kSmall / "hornet_7x7" / "official.pth").string()}; });
  ASSERT_TRUE(done());
  ASSERT_EQ(page.work().columns().size(), 1U);
  EXPECT_EQ(page.work().columns()[0].color, color);
}

TEST_F(ReceptiveFieldTest, OrdersHaveRowsWhereThereAreAny) {
  set([](ReceptiveFieldSettings& s) {
    s.control = false;
    s.plan.by_order = true;
    s.plan.count = 1;
  });
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(done());
  ASSERT_EQ(grid().rows.size(), 7U);  // the ordinary field, no gate, orders 1 to 5
  EXPECT_NE(grid().rows[3].front().panels[0].map, nullptr);
  EXPECT_EQ(grid().rows[3].front().panels[1].map, nullptr);
  EXPECT_FALSE(grid().rows[3].front().panels[1].note.isEmpty());
}

TEST_F(ReceptiveFieldTest, TheCrossHairIsAtTheSameDistanceFromTheUnitInAllModels) {
  set([](ReceptiveFieldSettings& s) { s.control = false; });
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(done());
  QSignalSpy moved(&page, &Page::cursor_moved);
  const auto& tiles = page.grid()->tiles();
  Q_EMIT tiles[0]->hovered({0.25, 0.5});
  ASSERT_FALSE(moved.isEmpty());
  const auto position = moved.last().front().value<std::optional<QPointF>>();
  ASSERT_TRUE(position);
  EXPECT_NEAR(position->x(), 0.25, 1e-9);
  const Point there = tiles[0]->frame().to_photo({0.25, 0.5});
  // Half a pixel beside the unit's centre, which lies between pixels.
  EXPECT_NEAR(there.x, 0.25 * kSize - seen(0).centre[1] - 0.5, 1e-9);
  ASSERT_TRUE(tiles[1]->cursor_position());
  const Point other = tiles[1]->frame().to_photo(to_point(*tiles[1]->cursor_position()));
  EXPECT_NEAR(other.x, there.x, 1e-9);
  page.set_cursor(QPointF(0.5, 0.75));
  EXPECT_NEAR(tiles[1]->cursor_position()->y(), 0.75, 1e-9);
  EXPECT_EQ(page.panels().rows.size(), 2U);
}

TEST_F(ReceptiveFieldTest, TheProfileIsThatOfTheRawMeanAndEndsWhereTheAxisDoes) {
  set([](ReceptiveFieldSettings& s) { s.control = false; });
  open({"convnext"});
  ASSERT_TRUE(done());
  const Curve& mean = seen(0).fields[0].profile.mean;
  const double largest = *std::max_element(mean.y.begin(), mean.y.end());
  const PlottedCurve logarithmic = page.profile()->curves()[0];
  for (std::size_t i = 0; i < logarithmic.x.size(); ++i) {
    EXPECT_EQ(logarithmic.x[i], mean.x[i]);
    EXPECT_DOUBLE_EQ(logarithmic.y[i], mean.y[i] / largest);
    EXPECT_GT(logarithmic.y[i], 0);
  }
  set([](ReceptiveFieldSettings& s) { s.log_profile = false; });
  EXPECT_EQ(page.profile()->curves()[0].x.size(), mean.x.size());
  set([](ReceptiveFieldSettings& s) { s.by_mass = true; });
  EXPECT_NEAR(page.profile()->curves()[0].y.back(), 1, 1e-6) << "all of it, but for float32 sums";
}

TEST_F(ReceptiveFieldTest, FolderLayerAndProtocolAreThoseChosen) {
  test::TemporaryFolder folder;
  fs::copy_file(kSamples / "coffee.png", folder.path() / "a.png");
  fs::copy_file(kSamples / "dog.jpg", folder.path() / "b.jpg");
  set([&](ReceptiveFieldSettings& s) {
    s.control = false;
    s.folder = folder.path().string();
    s.plan.layer = "stage 2";
    s.plan.protocol = "slak";
  });
  open({"convnext"}, {"chelsea.png"});
  ASSERT_TRUE(done());
  EXPECT_EQ(seen(0).used, 2);
  EXPECT_TRUE(seen(0).layer.starts_with("stages.1.")) << seen(0).layer;
  expect_equal(seen(0), alone("convnext", {"coffee.png", "dog.jpg"}, page.settings().plan));
  set([](ReceptiveFieldSettings& s) { s.folder = "/nowhere/at/all"; });
  ASSERT_TRUE(QTest::qWaitFor([&] { return !page.work().problem().isEmpty(); }, kPatience));
  EXPECT_TRUE(page.message().contains(QStringLiteral("nowhere"))) << page.message().toStdString();
}

TEST_F(ReceptiveFieldTest, ABrokenModelSaysSoAndTheOthersGoOn) {
  set([](ReceptiveFieldSettings& s) { s.control = false; });
  session.add_files({fs::path(ORDERSCOPE_GOLDEN_DIR) / "bad" / "st_truncated.safetensors",
                     kSmall / "convnext" / "official.pth", kSmall / "swin" / "official.pth", kSamples / "chelsea.png"});
  ASSERT_TRUE(done());
  ASSERT_EQ(grid().rows.size(), 3U);
  const auto panel = [&](std::size_t model) { return grid().rows[model].front().panels.front(); };
  EXPECT_EQ(panel(0).map, nullptr);
  EXPECT_FALSE(panel(0).note.isEmpty());
  EXPECT_NE(panel(1).map, nullptr);
  EXPECT_EQ(panel(2).map, nullptr) << "a Swin takes its own size only";
  EXPECT_FALSE(panel(2).note.isEmpty());
}

TEST_F(ReceptiveFieldTest, PicturesThatAreSmallOrBrokenAreNoObstacle) {
  test::TemporaryFolder folder;
  QImage tiny(5, 3, QImage::Format_RGB32);
  tiny.fill(Qt::green);
  ASSERT_TRUE(tiny.save(QString::fromStdString((folder.path() / "a.png").string())));
  ASSERT_TRUE(QFile(QString::fromStdString((folder.path() / "b.png").string())).open(QIODevice::WriteOnly));
  set([&](ReceptiveFieldSettings& s) {
    s.control = false;
    s.folder = folder.path().string();
  });
  open({"convnext"}, {});
  ASSERT_TRUE(done());
  EXPECT_EQ(seen(0).used, 1);
  EXPECT_EQ(seen(0).fields[0].mean.width, kSize) << "enlarged, as the protocol has it";
  EXPECT_TRUE(std::any_of(seen(0).warnings.begin(), seen(0).warnings.end(),
                          [](const std::string& line) { return line.find("b.png") != std::string::npos; }));
}

TEST_F(ReceptiveFieldTest, WhatWouldTakeLongWaitsForAWord) {
  set([](ReceptiveFieldSettings& s) {
    s.plan.size = 4096;
    s.plan.count = 1000;
    s.folder = kSamples.string();
  });
  open({"hornet_7x7"});
  page.activate();
  EXPECT_EQ(page.work().state(), State::Waiting);
  EXPECT_FALSE(page.message().isEmpty());
  EXPECT_EQ(page.run_button()->text(), QStringLiteral("Compute"));
  page.compute_all();
  EXPECT_EQ(page.work().state(), State::Running);
  page.run_button()->click();
  EXPECT_EQ(page.work().state(), State::Paused);
}

TEST_F(ReceptiveFieldTest, SaysWhatToDoWhereThereIsNothing) {
  EXPECT_EQ(page.work().state(), State::Empty);
  EXPECT_TRUE(page.message().contains(QStringLiteral("Drop checkpoints")));
  EXPECT_TRUE(page.figure().grid.empty());
  EXPECT_TRUE(page.figure_panels().empty());
  open({"convnext"}, {});
  EXPECT_TRUE(page.message().contains(QStringLiteral("photos"))) << page.message().toStdString();
}

TEST_F(ReceptiveFieldTest, TheFigureHasMapsProfileAndTableAndComesBackFromItsNumbers) {
  open({"hornet_7x7", "convnext"});
  ASSERT_TRUE(done());
  const Plate plate = page.figure();
  EXPECT_EQ(plate.grid.rows.size(), 2U);
  ASSERT_EQ(plate.panels.size(), 4U) << "two profiles, areas and their intervals";
  for (const std::size_t profile : {0U, 1U})
    EXPECT_EQ(std::get<PlotPanel>(plate.panels[profile].content).lines.size(), 4U);
  const Table& table = std::get<TablePanel>(plate.panels[2].content).table;
  ASSERT_EQ(table.rows.size(), 4U);
  if (seen(0).fields[0].ratios[2].value) {
    EXPECT_EQ(table.rows[0][3].value, 100 * seen(0).fields[0].ratios[2].value->ratio);
  }
  EXPECT_TRUE(plate.subtitle.contains(QStringLiteral("RepLKNet")));
  EXPECT_TRUE(plate.subtitle.contains(QStringLiteral("96 px")));
  const auto panels = page.figure_panels();
  ASSERT_EQ(panels.size(), 5U);
  const auto read = plate_panel_from_json(panels[0].content);
  ASSERT_TRUE(read) << read.error().message();
  const MapPanel& map = std::get<PanelGrid>(read->content).rows[0][0].panels[0];
  EXPECT_EQ(map.map->values, seen(0).fields[0].scaled.values);
  EXPECT_FALSE(map.lines.empty());
  EXPECT_TRUE(plate_bytes(plate, PlateFormat::Pdf));
}

TEST_F(ReceptiveFieldTest, StateComesBackAndNonsenseChangesNothing) {
  set([](ReceptiveFieldSettings& s) {
    s.plan = {"vmamba", "stage 3", FieldPlan::kPublishedSize, 20, 200, 7, true, 1};
    s.control = false;
    s.folder = "/photos";
    s.left_out = {"/a.pth"};
    s.quantity = FieldQuantity::Decades;
    s.outline = FieldOutline::Levels;
    s.shared_scale = s.by_mass = true;
    s.log_profile = false;
    s.style.colormap = Colormap::Magma;
    s.style.interpolate = false;
    s.style.contours = 3;
  });
  const ReceptiveFieldSettings before = page.settings();
  const nlohmann::json state = page.state();
  page.set_settings({});
  page.restore(state);
  EXPECT_EQ(page.settings(), before);
  page.restore(
      {{"protocol", "none"}, {"size", "huge"}, {"count", -5}, {"quantity", 3}, {"left_out", 1}, {"seed", 1e30}});
  EXPECT_EQ(page.settings().plan.protocol, before.plan.protocol);
  EXPECT_EQ(page.settings().plan.size, before.plan.size);
  EXPECT_EQ(page.settings().plan.count, 0);
  EXPECT_EQ(page.settings().quantity, before.quantity);
  EXPECT_EQ(page.settings().left_out, before.left_out);
  page.restore(nlohmann::json::array());
}

TEST_F(ReceptiveFieldTest, EveryControlHasANameAndAToolTip) {
  for (const QComboBox* box : page.findChildren<QComboBox*>()) {
    EXPECT_FALSE(box->accessibleName().isEmpty());
    EXPECT_FALSE(box->toolTip().isEmpty());
  }
  for (const QToolButton* button : page.findChildren<QToolButton*>())
    if (button->isVisibleTo(&page) && !button->text().isEmpty()) {
      EXPECT_FALSE(button->toolTip().isEmpty()) << button->text().toStdString();
    }
}

}  // namespace
}  // namespace orderscope
