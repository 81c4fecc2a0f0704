// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>
#include <QWidget>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <vector>

#include "app/gui/job_runner.h"
#include "app/gui/tour.h"
#include "widgets/figure/plate.h"

class QMenu;
class QVBoxLayout;

namespace orderscope {

class Banner;
class Session;

/// One page of the window: a way to look at the session's models and images. Pages know the session, not each other
/// and not the window. What a person chose on a page is its state, which the window keeps for undo and for the next
/// start, and which session files hold.
class Page : public QWidget {
  Q_OBJECT

 public:
  /// `id` names the page in session files and on the command line: "orders".
  Page(QString id, QString title, Session& session, QWidget* parent = nullptr);

  const QString& id() const { return id_; }
  const QString& title() const { return title_; }
  Banner* banner() const { return banner_; }
  JobRunner& jobs() { return jobs_; }

  /// What is shown now, for print; its grid is empty where there is nothing.
  virtual Plate figure() const = 0;
  /// The same as panels of the session's figure. Whoever can says how they are computed again; unless overridden they
  /// are kept as numbers.
  virtual std::vector<FigurePanelPlan> figure_panels() const;
  /// The maps whose values the inspector lists under the cursor.
  virtual PanelGrid panels() const { return {}; }

  /// The view's settings as an object of plain values, and back. restore() takes what it knows and leaves the rest as
  /// it is; it never fails.
  virtual nlohmann::json state() const;
  virtual void restore(const nlohmann::json& state);

  /// The page came to the front: whatever waits until somebody looks begins now.
  virtual void activate() {}
  /// Computes what else waits for a person's word: somebody looks at a picture of the page, not at the page.
  virtual void compute_all() {}
  /// The page's own entries in the View menu, with shortcuts that work while it is in front.
  virtual void fill_menu(QMenu& menu);
  virtual std::vector<TourStep> tour() const = 0;

 public Q_SLOTS:
  /// In parts of the chosen model's input, 0 to 1; nothing: away. Comes from the other places that show a cursor.
  virtual void set_cursor(std::optional<QPointF> position);

 Q_SIGNALS:
  void state_changed();   ///< a person changed what state() holds
  void panels_changed();  ///< what panels() gives is another
  void cursor_moved(std::optional<QPointF> position);
  void open_requested();  ///< somebody wants to open files

 protected:
  /// Where the page's own widgets go, under the banner.
  QVBoxLayout* content() const { return content_; }
  Session& session() const { return session_; }

 private:
  QString id_, title_;
  Session& session_;
  Banner* banner_;
  QVBoxLayout* content_;
  JobRunner jobs_;
};

}  // namespace orderscope
