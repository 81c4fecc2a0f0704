// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QImage>
#include <QListWidget>
#include <vector>

namespace orderscope {

/// A line of the list of models.
struct ModelEntry {
  QString name;
  QString detail;  ///< second line: "3.1 M · orders 2 3 4 5"
  QString tool_tip;
  bool broken = false;
};

/// Models with their colour, name and a second line.
class ModelList : public QListWidget {
  Q_OBJECT

 public:
  explicit ModelList(QWidget* parent = nullptr);
  void set_models(const std::vector<ModelEntry>& models, int chosen);
  QSize sizeHint() const override;

 Q_SIGNALS:
  void model_chosen(int index);
};

struct ImageEntry {
  QString name;
  QImage thumbnail;  ///< null while it is being read
  QString tool_tip;
  bool broken = false;
};

/// Thumbnails of images, two in a row.
class ImageList : public QListWidget {
  Q_OBJECT

 public:
  explicit ImageList(QWidget* parent = nullptr);
  void set_images(const std::vector<ImageEntry>& images, int chosen);

 Q_SIGNALS:
  void image_chosen(int index);

 protected:
  void resizeEvent(QResizeEvent* event) override;
};

}  // namespace orderscope
