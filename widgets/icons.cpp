// SPDX-License-Identifier: GPL-3.0-or-later
#include "widgets/icons.h"

#include <QFile>
#include <QGuiApplication>
#include <QIconEngine>
#include <QPainter>
#include <QPalette>
#include <QPixmap>
#include <QSvgRenderer>

// Q_INIT_RESOURCE must stand outside any namespace.
static void init_icon_resource() { Q_INIT_RESOURCE(icons); }

namespace orderscope {
namespace {

class LineIconEngine : public QIconEngine {
 public:
  explicit LineIconEngine(QString name) : name_(std::move(name)) {
    QFile file(QStringLiteral(":/icons/%1.svg").arg(name_));
    if (file.open(QIODevice::ReadOnly)) svg_ = file.readAll();
  }

  void paint(QPainter* painter, const QRect& rect, QIcon::Mode mode, QIcon::State state) override {
    const auto group = mode == QIcon::Disabled ? QPalette::Disabled : QPalette::Active;
    const QPalette palette = QGuiApplication::palette();
    const QColor color =
        state == QIcon::On ? palette.color(group, QPalette::Highlight) : palette.color(group, QPalette::WindowText);
    QSvgRenderer renderer(QByteArray(svg_).replace("currentColor", color.name().toLatin1()));
    renderer.render(painter, rect);
  }

  QPixmap pixmap(const QSize& size, QIcon::Mode mode, QIcon::State state) override {
    QPixmap pixmap(size);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    paint(&painter, QRect(QPoint(0, 0), size), mode, state);
    return pixmap;
  }

  QIconEngine* clone() const override { return new LineIconEngine(*this); }

 private:
  QString name_;
  QByteArray svg_;
};

}  // namespace

QIcon line_icon(const QString& name) {
  init_icon_resource();
  return QIcon(new LineIconEngine(name));
}

}  // namespace orderscope
