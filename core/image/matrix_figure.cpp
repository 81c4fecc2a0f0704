// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <cmath>

#include "core/image/chart.h"
#include "core/image/ticks.h"

namespace orderscope {

namespace {

class MatrixPainter {
 public:
  explicit MatrixPainter(const MatrixFigure& figure) : figure_(figure), theme_(figure.dark ? dark_theme : light_theme) {
    const auto longest = static_cast<int>(std::max(figure.rows.size(), figure.columns.size()));
    cell_ = std::clamp(860 / longest, 8, 64);
    font_ = 13;
    label_font_ = std::clamp(0.8F * float(cell_), 7.5F, 12.0F);
    for (const std::string& row : figure.rows) left_ = std::max(left_, text_width(row));
    for (const std::string& column : figure.columns) under_ = std::max(under_, text_width(column));
    upright_ = under_ > float(cell_) - 2;
    left_ += 2.4F * font_ + (figure.row_title.empty() ? 0 : 1.5F * font_);
    under_ = (upright_ ? under_ : label_font_) + 0.8F * font_ + (figure.column_title.empty() ? 0 : 1.8F * font_);
    top_ = 1.4F * font_ + (figure.title.empty() ? 0 : 1.9F * font_) + (figure.subtitle.empty() ? 0 : 1.7F * font_);
    bar_ = side_bar_width(painter_, figure.scale, figure.unit, font_, grid_height());
  }

  int width() const {
    const float title = std::max(painter_.width(figure_.title, {1.25F * font_, true, {}}),
                                 painter_.width(figure_.subtitle, {font_, false, {}}));
    return static_cast<int>(std::max(left_ + float(grid_width()) + bar_, title + 1.4F * font_) + 1.4F * font_);
  }
  int height() const { return static_cast<int>(top_ + float(grid_height()) + under_ + 1.4F * font_); }

  Image paint() {
    Canvas canvas(width(), height(), theme_.ground);
    const float margin = 1.4F * font_;
    float baseline = margin;
    if (!figure_.title.empty()) {
      canvas.text(margin, baseline + 1.1F * font_, figure_.title, {1.25F * font_, true, theme_.ink});
      baseline += 1.9F * font_;
    }
    if (!figure_.subtitle.empty())
      canvas.text(margin, baseline + 0.8F * font_, figure_.subtitle, {font_, false, theme_.muted});
    cells(canvas);
    labels(canvas);
    const int right = int(left_) + grid_width() + int(font_);
    draw_side_bar(canvas, figure_.scale, figure_.unit, {right, int(top_), grid_height(), font_}, theme_);
    return std::move(canvas).image();
  }

 private:
  int grid_width() const { return cell_ * static_cast<int>(figure_.columns.size()); }
  int grid_height() const { return cell_ * static_cast<int>(figure_.rows.size()); }
  float text_width(const std::string& text) const { return painter_.width(text, {label_font_, false, {}}); }

  void cells(Canvas& canvas) const {
    const int gap = cell_ >= 16 ? 1 : 0;
    for (std::size_t r = 0; r < figure_.rows.size(); ++r) {
      for (std::size_t c = 0; c < figure_.columns.size(); ++c) {
        const double value = figure_.values[r * figure_.columns.size() + c];
        const Rgb fill = figure_.scale(static_cast<float>(value));
        const int x = int(left_) + cell_ * int(c), y = int(top_) + cell_ * int(r);
        canvas.fill(x, y, cell_ - gap, cell_ - gap, fill);
        if (!figure_.write_values || !std::isfinite(value)) continue;
        const std::string text = format_value(value);
        const float width = text_width(text);
        if (width > float(cell_) - 3) continue;
        // Rec. 709 luma of the cell decides between dark and light letters.
        const bool light = 0.2126 * fill.r + 0.7152 * fill.g + 0.0722 * fill.b > 140;
        canvas.text(float(x) + (float(cell_ - gap) - width) / 2, float(y) + float(cell_) / 2 + 0.35F * label_font_,
                    text, {label_font_, false, light ? light_theme.ink : Rgb{255, 255, 255}});
      }
    }
  }

  void labels(Canvas& canvas) const {
    const TextStyle style{label_font_, false, theme_.ink};
    const float left = float(int(left_)), bottom = top_ + float(grid_height());
    for (std::size_t r = 0; r < figure_.rows.size(); ++r) {
      const float middle = top_ + float(cell_) * (float(r) + 0.5F);
      canvas.text(left - 0.6F * font_ - text_width(figure_.rows[r]), middle + 0.35F * label_font_, figure_.rows[r],
                  style);
    }
    for (std::size_t c = 0; c < figure_.columns.size(); ++c) {
      const std::string& text = figure_.columns[c];
      const float middle = left + float(cell_) * (float(c) + 0.5F);
      if (upright_)
        canvas.upward_text(middle + 0.35F * label_font_, bottom + 0.5F * font_ + text_width(text), text, style);
      else
        canvas.text(middle - text_width(text) / 2, bottom + 0.4F * font_ + label_font_, text, style);
    }
    const TextStyle title{font_, false, theme_.muted};
    if (!figure_.column_title.empty())
      canvas.text(left + (float(grid_width()) - painter_.width(figure_.column_title, title)) / 2,
                  float(height()) - 1.2F * font_, figure_.column_title, title);
    if (!figure_.row_title.empty())
      canvas.upward_text(2.2F * font_, top_ + (float(grid_height()) + painter_.width(figure_.row_title, title)) / 2,
                         figure_.row_title, title);
  }

  const MatrixFigure& figure_;
  const Theme& theme_;
  mutable TextPainter painter_;
  int cell_ = 0;
  float font_ = 0, label_font_ = 0, left_ = 0, top_ = 0, under_ = 0, bar_ = 0;
  bool upright_ = false;
};

}  // namespace

Result<Image> draw_matrix(const MatrixFigure& figure) {
  const auto refuse = [](const char* why) { return fail(Error::Kind::InvalidInput, std::string("figure: ") + why); };
  if (figure.rows.empty() || figure.columns.empty()) return refuse("the matrix is empty");
  if (figure.values.size() != figure.rows.size() * figure.columns.size())
    return refuse("the matrix has another number of values than rows times columns");
  if (figure.rows.size() > 1500 || figure.columns.size() > 1500) return refuse("the matrix would be too large");
  MatrixPainter painter(figure);
  return painter.paint();
}

}  // namespace orderscope
