// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/page.h"

#include <QVBoxLayout>
#include <nlohmann/json.hpp>

#include "app/gui/session.h"
#include "widgets/banner.h"
#include "widgets/theme.h"

namespace orderscope {

Page::Page(QString id, QString title, Session& session, QWidget* parent)
    : QWidget(parent),
      id_(std::move(id)),
      title_(std::move(title)),
      session_(session),
      banner_(new Banner(this)),
      content_(new QVBoxLayout(this)),
      jobs_(session.jobs()) {
  setObjectName(id_);
  setAccessibleName(title_);
  setAutoFillBackground(true);
  setBackgroundRole(QPalette::Base);
  content_->setContentsMargins(4 * kStep, 3 * kStep, 3 * kStep, 3 * kStep);
  content_->setSpacing(3 * kStep);
  content_->addWidget(banner_);
  connect(&session_, &Session::message, banner_, &Banner::show_message);
  connect(&session_, &Session::message_outdated, banner_, &Banner::dismiss);
}

nlohmann::json Page::state() const { return nlohmann::json::object(); }
void Page::restore(const nlohmann::json&) {}
void Page::fill_menu(QMenu&) {}
void Page::set_cursor(std::optional<QPointF>) {}

}  // namespace orderscope
