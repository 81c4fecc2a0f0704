// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QPushButton;

namespace orderscope {

class ImageList;
class ModelList;
class Session;

/// The left-hand side: models and images.
class SourcesPanel : public QWidget {
  Q_OBJECT

 public:
  explicit SourcesPanel(Session& session, QWidget* parent = nullptr);

  ModelList* models() const { return models_; }
  ImageList* images() const { return images_; }

 Q_SIGNALS:
  void open_requested();

 private:
  void show_models();
  void show_images();

  Session& session_;
  ModelList* models_;
  ImageList* images_;
  QPushButton* drop_;
};

}  // namespace orderscope
