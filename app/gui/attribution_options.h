// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>
#include <map>
#include <string>

class QFormLayout;
class QLabel;

namespace orderscope {

/// Controls for what a method's descriptor leaves to choose: a list a choice, a number field a number, with the
/// descriptor's help as tool tip. Hidden where there is nothing to choose.
class MethodOptions : public QWidget {
  Q_OBJECT

 public:
  explicit MethodOptions(QWidget* parent = nullptr);

  /// `values` by parameter name; what is missing stands at the descriptor's default.
  void show_method(const std::string& id, const std::map<std::string, std::string>& values);

 Q_SIGNALS:
  /// Those that are not at their default, checked against the descriptor.
  void options_chosen(const std::map<std::string, std::string>& values);

 private:
  void choose(const std::string& name, const std::string& value);

  std::string method_;
  std::map<std::string, std::string> values_;
  QFormLayout* form_;
  QLabel* problem_;
};

}  // namespace orderscope
