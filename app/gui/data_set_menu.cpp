// SPDX-License-Identifier: GPL-3.0-or-later
// Menu and tour of the data set page.
#include <QMenu>
#include <QPushButton>
#include <QStackedWidget>
#include <QTableView>
#include <QToolButton>

#include "app/gui/actions.h"
#include "app/gui/data_set_charts.h"
#include "app/gui/data_set_filter.h"
#include "app/gui/data_set_page.h"
#include "app/gui/data_set_runner.h"

namespace orderscope {

void DataSetPage::fill_menu(QMenu& menu) {
  const auto outcome = [this](DataSetOutcome wanted) {
    change([&](DataSetSettings& s) { s.outcome = s.outcome == wanted ? DataSetOutcome::All : wanted; });
  };
  add_action(menu, tr("&New run…"), tr("Ctrl+Alt+N"), tr("Set up a run of the open models over a data set"),
             [this] { show_setup(); });
  add_action(menu, tr("&Open run…"), tr("Ctrl+Alt+R"), tr("Look at a run that is there"), [this] { ask_for_run(); });
  add_action(menu, tr("&Pause or resume"), tr("Ctrl+Alt+P"),
             tr("Finish the chunk under way and wait, or go on with the run"), [this] { pause_or_resume(); });
  add_action(menu, tr("&Cancel run"), tr("Ctrl+Alt+X"), tr("End the run; what is done is kept"),
             [this] { runner_->cancel(); });
  menu.addSeparator();
  add_action(menu, tr("Open the &image"), tr("Ctrl+Return"),
             tr("Open the current row's image, with its model, on every page"),
             [this] { open_row(table_->currentIndex().row()); });
  add_action(menu, tr("Rank by &disagreement"), tr("D"), tr("Images on which the models disagree most come first"),
             [this] { rank_by_disagreement(); });
  add_action(menu, tr("&Filter by path"), tr("/"), tr("To the words of the path"), [this] { filter_->focus_text(); });
  add_action(menu, tr("Only &wrong predictions"), tr("W"), tr("Or all again"),
             [outcome] { outcome(DataSetOutcome::Wrong); });
  add_action(menu, tr("Only &broken images"), tr("B"), tr("Those that cannot be read, with the reason; or all again"),
             [outcome] { outcome(DataSetOutcome::Broken); });
  add_action(menu, tr("Show &all rows"), tr("A"), tr("No condition on the rows"),
             [this] { change([](DataSetSettings& s) { s = unfiltered(s); }); });
  add_action(menu, tr("Next &quantity by depth"), tr("Q"), tr("The next figure of the orders"), [this] {
    change([](DataSetSettings& s) { s.depth = static_cast<DepthQuantity>((static_cast<int>(s.depth) + 1) % 5); });
  });
}

std::vector<TourStep> DataSetPage::tour() const {
  return {
      {new_, tr("Models over a whole data set"),
       tr("A run keeps every prediction and the figures of every order in one file. It can be paused, killed and gone "
          "on with; the command line does the same runs, on a cluster too.")},
      {filter_, tr("Which rows"),
       tr("By words of the path, class, prediction, outcome, model and confidence. Broken images are rows with their "
          "reason.")},
      {stack_, tr("An image and a model a row"),
       tr("A header sorts. A double click opens the image, so that every page shows it; what is selected is dashed in "
          "the charts by depth.")},
      {charts_, tr("What they have in common"),
       tr("Charts count the rows that pass the filter. Click a class or a bar of the confidence to narrow it, click it "
          "again to widen it.")},
      {rank_, tr("Where the models disagree"),
       tr("By the divergence of what they predict: the images worth looking at come first.")}};
}

}  // namespace orderscope
