// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/chart.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/image/ticks.h"

namespace orderscope {

namespace {

struct Bounds {
  double low = std::numeric_limits<double>::infinity(), high = -std::numeric_limits<double>::infinity();

  void add(const std::vector<double>& values) {
    for (const double value : values) {
      if (!std::isfinite(value)) continue;
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  bool empty() const { return low > high; }
};

ChartRange range_or(const std::optional<ChartRange>& asked, const Bounds& bounds, double margin) {
  if (asked) return *asked;
  if (bounds.low == bounds.high) return {bounds.low - 0.5, bounds.high + 0.5};
  const double more = margin * (bounds.high - bounds.low);
  return {bounds.low - more, bounds.high + more};
}

class ChartPainter {
 public:
  ChartPainter(const Chart& chart, ChartRange x, ChartRange y)
      : chart_(chart),
        theme_(chart.dark ? dark_theme : light_theme),
        x_(x),
        y_(y),
        font_(std::max(10.0F, float(std::min(chart.width, chart.height)) * 0.028F)),
        canvas_(chart.width, chart.height, theme_.ground) {}

  Image paint() {
    lay_out();
    titles();
    axes();
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) band(i);
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) line(i);
    names();
    return std::move(canvas_).image();
  }

 private:
  Rgb color(std::size_t i) const { return chart_.lines[i].color.value_or(model_color(i)); }
  TextStyle tick_style() const { return {0.9F * font_, false, theme_.muted}; }

  void lay_out() {
    const float margin = 1.4F * font_;
    top_ = margin + (chart_.title.empty() ? 0 : 1.9F * font_) + (chart_.subtitle.empty() ? 0 : 1.4F * font_) +
           1.9F * font_;  // the y axis' label stands over the axis
    bottom_ = float(chart_.height) - margin - 3.0F * font_;
    x_ticks_ = ticks_between(x_.low, x_.high, 8);
    y_ticks_ = ticks_between(y_.low, y_.high, std::max(3, static_cast<int>((bottom_ - top_) / (3 * font_))));
    float label = 0, name = 0;
    for (const std::string& text : y_ticks_.labels) label = std::max(label, canvas_.text_width(text, tick_style()));
    if (chart_.lines.size() > 1)
      for (const ChartLine& line : chart_.lines)
        name = std::max(name, canvas_.text_width(line.name, {font_, false, {}}) + 0.6F * font_);
    left_ = margin + label + 0.6F * font_;
    right_ = float(chart_.width) - margin - std::min(name, 0.4F * float(chart_.width));
  }

  void titles() {
    float baseline = 1.4F * font_;
    const float left = 1.4F * font_;
    if (!chart_.title.empty()) {
      canvas_.text(left, baseline + 1.1F * font_, chart_.title, {1.25F * font_, true, theme_.ink});
      baseline += 1.9F * font_;
    }
    if (!chart_.subtitle.empty())
      canvas_.text(left, baseline + 0.8F * font_, chart_.subtitle, {font_, false, theme_.muted});
  }

  CanvasPoint at(double x, double y) const {
    return {left_ + float((x - x_.low) / (x_.high - x_.low)) * (right_ - left_),
            bottom_ - float((y - y_.low) / (y_.high - y_.low)) * (bottom_ - top_)};
  }

  static std::string with_exponent(const std::string& label, const Ticks& ticks) {
    return ticks.exponent == 0 ? label : label + " (×" + power_of_ten(ticks.exponent) + ")";
  }

  void axes() {
    for (std::size_t i = 0; i < y_ticks_.values.size(); ++i) {
      const float y = at(x_.low, y_ticks_.values[i]).y;
      canvas_.fill(int(left_), int(std::lround(y)), int(right_ - left_), 1, theme_.line);
      const float width = canvas_.text_width(y_ticks_.labels[i], tick_style());
      canvas_.text(left_ - 0.5F * font_ - width, y + 0.33F * font_, y_ticks_.labels[i], tick_style());
    }
    for (std::size_t i = 0; i < x_ticks_.values.size(); ++i) {
      const float x = at(x_ticks_.values[i], y_.low).x;
      canvas_.fill(int(std::lround(x)), int(bottom_), 1, int(0.4F * font_), theme_.muted);
      const float width = canvas_.text_width(x_ticks_.labels[i], tick_style());
      canvas_.text(x - width / 2, bottom_ + 1.5F * font_, x_ticks_.labels[i], tick_style());
    }
    canvas_.text(left_, top_ - 0.8F * font_, with_exponent(chart_.y_label, y_ticks_), {font_, false, theme_.muted});
    const std::string below = with_exponent(chart_.x_label, x_ticks_);
    const float width = canvas_.text_width(below, {font_, false, {}});
    canvas_.text((left_ + right_ - width) / 2, bottom_ + 3.0F * font_, below, {font_, false, theme_.muted});
  }

  double clamped(double y) const { return std::clamp(y, y_.low, y_.high); }

  void band(std::size_t index) {
    const ChartLine& line = chart_.lines[index];
    std::vector<CanvasPoint> upper, lower;
    const auto close = [&] {
      upper.insert(upper.end(), lower.rbegin(), lower.rend());
      canvas_.polygon(upper, color(index), 0.18F);
      upper.clear();
      lower.clear();
    };
    for (std::size_t i = 0; i < line.low.size(); ++i) {
      if (!std::isfinite(line.low[i]) || !std::isfinite(line.high[i]) || !std::isfinite(line.x[i])) {
        close();
        continue;
      }
      upper.push_back(at(line.x[i], clamped(line.high[i])));
      lower.push_back(at(line.x[i], clamped(line.low[i])));
    }
    close();
  }

  void line(std::size_t index) {
    const ChartLine& line = chart_.lines[index];
    const float width = 0.14F * font_, dash = line.dashed ? 0.6F * font_ : 0;
    std::vector<CanvasPoint> path;
    const auto draw = [&] {
      if (path.size() == 1) {  // a point between gaps still shows
        path = {{path[0].x - width, path[0].y}, {path[0].x + width, path[0].y}};
      }
      canvas_.polyline(path, width, color(index), dash);
      path.clear();
    };
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      const bool shown =
          std::isfinite(line.x[i]) && std::isfinite(line.y[i]) && line.x[i] >= x_.low && line.x[i] <= x_.high;
      if (shown)
        path.push_back(at(line.x[i], clamped(line.y[i])));
      else
        draw();
    }
    draw();
  }

  /// Each line's name at its right end, moved apart where ends are close.
  void names() {
    if (chart_.lines.size() < 2) return;
    struct Name {
      float y;
      std::size_t line;
    };
    std::vector<Name> names;
    for (std::size_t i = 0; i < chart_.lines.size(); ++i) {
      const ChartLine& line = chart_.lines[i];
      for (std::size_t k = line.x.size(); k-- > 0;) {
        if (!std::isfinite(line.y[k])) continue;
        names.push_back({at(x_.low, clamped(line.y[k])).y, i});
        break;
      }
    }
    std::ranges::sort(names, {}, &Name::y);
    const float step = 1.25F * font_;
    for (std::size_t i = 1; i < names.size(); ++i) names[i].y = std::max(names[i].y, names[i - 1].y + step);
    float limit = bottom_;
    for (std::size_t i = names.size(); i-- > 0; limit -= step) names[i].y = std::min(names[i].y, limit);
    for (const Name& name : names)
      canvas_.text(right_ + 0.5F * font_, name.y + 0.35F * font_, chart_.lines[name.line].name,
                   {font_, false, color(name.line)});
  }

  const Chart& chart_;
  const Theme& theme_;
  ChartRange x_, y_;
  float font_;
  Canvas canvas_;
  float left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
  Ticks x_ticks_, y_ticks_;
};

}  // namespace

Result<Image> draw_chart(const Chart& chart) {
  const auto refuse = [](const char* why) { return fail(Error::Kind::InvalidInput, std::string("chart: ") + why); };
  if (chart.width < 160 || chart.height < 160) return refuse("it must be 160 pixels wide and high at least");
  if (double(chart.width) * chart.height > 178'956'970) return refuse("it would be too large");
  Bounds x, y;
  for (const ChartLine& line : chart.lines) {
    const std::size_t n = line.x.size();
    if (line.y.size() != n || line.low.size() != line.high.size() || (!line.low.empty() && line.low.size() != n))
      return refuse("x, y and interval of a line differ in length");
    for (std::size_t i = 0; i < n; ++i)
      if (std::isfinite(line.y[i])) x.add({line.x[i]});
    y.add(line.y);
    y.add(line.low);
    y.add(line.high);
  }
  if (x.empty() || y.empty()) return refuse("there is nothing to draw");
  const auto valid = [](const std::optional<ChartRange>& r) {
    return !r || (std::isfinite(r->low) && std::isfinite(r->high) && r->low < r->high);
  };
  if (!valid(chart.x_range) || !valid(chart.y_range)) return refuse("an axis has no extent");
  return ChartPainter(chart, range_or(chart.x_range, x, 0), range_or(chart.y_range, y, 0.05)).paint();
}

}  // namespace orderscope
