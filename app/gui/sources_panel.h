// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QWidget>

class QPushButton;

namespace orderscope {

class ImageList;
class ModelList;
class Session;

/// The models that were opened.
class ModelsPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ModelsPanel(Session& session, QWidget* parent = nullptr);

  ModelList* list() const { return list_; }

 private:
  void show_models();

  Session& session_;
  ModelList* list_;
};

/// The images, and where to drop more.
class ImagesPanel : public QWidget {
  Q_OBJECT

 public:
  explicit ImagesPanel(Session& session, QWidget* parent = nullptr);

  ImageList* list() const { return list_; }

 Q_SIGNALS:
  void open_requested();

 private:
  void show_images();

  Session& session_;
  ImageList* list_;
  QPushButton* drop_;
};

}  // namespace orderscope
