// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/canvas.h"

#include <algorithm>
#include <cmath>
#include <opencv2/imgproc.hpp>

#include "core/image/ticks.h"

namespace orderscope {

namespace {

/// Distance of a value from the low end, as a share of the bar.
double place(const ColorScale& scale, double value) {
  if (scale.low == scale.high) return 0.5;
  return std::clamp((value - scale.low) / (static_cast<double>(scale.high) - scale.low), 0.0, 1.0);
}

float value_at(const ColorScale& scale, double share) {
  return static_cast<float>(scale.low + share * (static_cast<double>(scale.high) - scale.low));
}

int ticks_beside(int height, float font) { return std::clamp(static_cast<int>(float(height) / (2.2F * font)), 2, 6); }

TextStyle tick_style(float font, const Theme& theme) { return {0.85F * font, false, theme.muted}; }

/// "×10⁻⁶ a.u.": what stands over a bar.
std::string heading(const Ticks& ticks, std::string_view unit) {
  std::string text = ticks.exponent != 0 ? "\u00D7" + power_of_ten(ticks.exponent) : std::string();
  if (!text.empty() && !unit.empty()) text += ' ';
  return text.append(unit);
}

}  // namespace

Canvas::Canvas(int width, int height, Rgb ground) : image_{width, height, {}} {
  image_.rgb.resize(std::size_t{3} * width * height);
  fill(0, 0, width, height, ground);
}

void Canvas::fill(int x, int y, int width, int height, Rgb color) {
  const int left = std::max(x, 0), right = std::min(x + width, image_.width);
  for (int row = std::max(y, 0); row < std::min(y + height, image_.height); ++row)
    for (int column = left; column < right; ++column) {
      std::uint8_t* pixel = image_.row(row) + 3 * column;
      pixel[0] = color.r, pixel[1] = color.g, pixel[2] = color.b;
    }
}

void Canvas::frame(int x, int y, int width, int height, Rgb color) {
  fill(x, y, width, 1, color);
  fill(x, y + height - 1, width, 1, color);
  fill(x, y, 1, height, color);
  fill(x + width - 1, y, 1, height, color);
}

void Canvas::picture(int x, int y, const Image& image) {
  const int left = std::max(-x, 0), right = std::min(image.width, image_.width - x);
  if (right <= left) return;
  for (int row = std::max(-y, 0); row < std::min(image.height, image_.height - y); ++row)
    std::copy_n(image.row(row) + 3 * left, 3 * (right - left), image_.row(y + row) + 3 * (x + left));
}

void Canvas::text(float x, float baseline, std::string_view text, const TextStyle& style) {
  painter_.draw(image_, x, baseline, text, style);
}

void Canvas::upward_text(float baseline, float bottom, std::string_view text, const TextStyle& style) {
  // Drawn lying on a strip of what is there already, turned, so that the letters keep their smooth edges.
  const int length = static_cast<int>(std::ceil(painter_.width(text, style))) + 2;
  const int above = static_cast<int>(std::ceil(style.size)), height = above + static_cast<int>(0.4F * style.size) + 1;
  const int left = static_cast<int>(std::lround(baseline)) - above, low = static_cast<int>(std::lround(bottom));
  Image strip{length, height, std::vector<std::uint8_t>(std::size_t{3} * length * height)};
  const auto each = [&](auto&& action) {
    for (int y = 0; y < height; ++y)
      for (int x = 0; x < length; ++x) {
        const int column = left + y, row = low - x;
        if (column < 0 || column >= image_.width || row < 0 || row >= image_.height) continue;
        action(strip.row(y) + 3 * x, image_.row(row) + 3 * column);
      }
  };
  each([](std::uint8_t* lying, const std::uint8_t* there) { std::copy_n(there, 3, lying); });
  painter_.draw(strip, 0, float(above), text, style);
  each([](const std::uint8_t* lying, std::uint8_t* there) { std::copy_n(lying, 3, there); });
}

namespace {

constexpr int kShift = 6;  // OpenCV draws at fractions of 1 / 64 pixel

cv::Point fixed(const CanvasPoint& point) {
  // A pixel's centre is OpenCV's whole number and our half.
  return {static_cast<int>(std::lround((point.x - 0.5F) * (1 << kShift))),
          static_cast<int>(std::lround((point.y - 0.5F) * (1 << kShift)))};
}

cv::Scalar scalar(Rgb color) { return {double(color.r), double(color.g), double(color.b)}; }

std::vector<std::vector<CanvasPoint>> strokes(std::span<const CanvasPoint> points, float dash) {
  std::vector<std::vector<CanvasPoint>> result;
  float walked = 0;
  bool on = true;
  std::vector<CanvasPoint> stroke{points.front()};
  for (std::size_t i = 1; i < points.size(); ++i) {
    CanvasPoint from = points[i - 1];
    const CanvasPoint to = points[i];
    float rest = std::hypot(to.x - from.x, to.y - from.y);
    while (walked + rest > dash) {
      const float share = (dash - walked) / rest;
      from = {from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)};
      rest -= dash - walked;
      walked = 0;
      stroke.push_back(from);
      if (on) result.push_back(stroke);
      stroke = {from};
      on = !on;
    }
    walked += rest;
    stroke.push_back(to);
  }
  if (on && stroke.size() > 1) result.push_back(stroke);
  return result;
}

}  // namespace

void Canvas::polyline(std::span<const CanvasPoint> points, float width, Rgb color, float dash) {
  if (points.empty()) return;
  if (dash > 0) {
    for (const auto& stroke : strokes(points, dash)) polyline(stroke, width, color);
    return;
  }
  cv::Mat pixels(image_.height, image_.width, CV_8UC3, image_.rgb.data());
  std::vector<cv::Point> path;
  for (const CanvasPoint& point : points) path.push_back(fixed(point));
  const int thickness = std::max(1, static_cast<int>(std::lround(width)));
  cv::polylines(pixels, path, false, scalar(color), thickness, cv::LINE_AA, kShift);
}

void Canvas::polygon(std::span<const CanvasPoint> points, Rgb color, float opacity) {
  if (points.size() < 3) return;
  cv::Mat pixels(image_.height, image_.width, CV_8UC3, image_.rgb.data());
  std::vector<cv::Point> path;
  for (const CanvasPoint& point : points) path.push_back(fixed(point));
  cv::Mat over = pixels.clone();
  cv::fillPoly(over, std::vector{path}, scalar(color), cv::LINE_AA, kShift);
  cv::addWeighted(over, opacity, pixels, 1 - opacity, 0, pixels);
}

float side_bar_width(TextPainter& painter, const ColorScale& scale, std::string_view unit, float font, int height) {
  const Ticks ticks = ticks_between(scale.low, scale.high, ticks_beside(height, font));
  const TextStyle style = tick_style(font, light_theme);
  float width = painter.width(heading(ticks, unit), style) - 1.1F * font;
  for (const std::string& label : ticks.labels) width = std::max(width, painter.width(label, style));
  return 2.6F * font + width;
}

void draw_side_bar(Canvas& canvas, const ColorScale& scale, std::string_view unit, const SideBar& bar,
                   const Theme& theme) {
  const Ticks ticks = ticks_between(scale.low, scale.high, ticks_beside(bar.height, bar.font));
  const TextStyle style = tick_style(bar.font, theme);
  const std::string above = heading(ticks, unit);
  // The heading takes the place of the bar's upper end: above it is the row before.
  const int top = above.empty() ? bar.y : bar.y + static_cast<int>(std::lround(1.4F * bar.font));
  const int height = bar.y + bar.height - top, width = static_cast<int>(std::lround(0.8F * bar.font));
  if (!above.empty()) canvas.text(float(bar.x), float(bar.y) + 0.8F * bar.font, above, style);
  for (int i = 0; i < height; ++i)
    canvas.fill(bar.x, top + i, width, 1, scale(value_at(scale, 1 - (i + 0.5) / height)));
  const int mark = std::max(2, static_cast<int>(std::lround(0.25F * bar.font)));
  for (std::size_t i = 0; i < ticks.values.size(); ++i) {
    const double y = top + (1 - place(scale, ticks.values[i])) * (height - 1);
    canvas.fill(bar.x + width, static_cast<int>(std::lround(y)), mark, 1, theme.muted);
    const float baseline = std::clamp(float(y) + 0.31F * bar.font, float(top) + 0.62F * bar.font, float(top + height));
    canvas.text(float(bar.x + width + 2 * mark), baseline, ticks.labels[i], style);
  }
}

int under_bar_height(float font) { return static_cast<int>(std::lround(2.1F * font)); }

void draw_under_bar(Canvas& canvas, const ColorScale& scale, const UnderBar& bar, const Theme& theme) {
  const auto ticks_at = [&](float ems) {
    const int room = static_cast<int>(float(bar.width) / (ems * bar.font));
    return ticks_between(scale.low, scale.high, std::clamp(room, 2, 5));
  };
  Ticks ticks = ticks_at(4);
  if (ticks.exponent != 0) ticks = ticks_at(5);
  const TextStyle style = tick_style(bar.font, theme);
  const int top = bar.y + static_cast<int>(std::lround(0.35F * bar.font));
  const int height = std::max(3, static_cast<int>(std::lround(0.5F * bar.font)));
  for (int i = 0; i < bar.width; ++i)
    canvas.fill(bar.x + i, top, 1, height, scale(value_at(scale, (i + 0.5) / bar.width)));
  const int mark = std::max(2, static_cast<int>(std::lround(0.2F * bar.font)));
  for (std::size_t i = 0; i < ticks.values.size(); ++i) {
    const double x = bar.x + place(scale, ticks.values[i]) * (bar.width - 1);
    canvas.fill(static_cast<int>(std::lround(x)), top + height, 1, mark, theme.muted);
    std::string label = ticks.labels[i];
    if (ticks.exponent != 0 && ticks.values[i] != 0) label += "\u00D7" + power_of_ten(ticks.exponent);
    const float width = canvas.text_width(label, style);
    const float leftmost = float(bar.x), rightmost = std::max(leftmost, float(bar.x + bar.width) - width);
    const float left = std::clamp(float(x) - width / 2, leftmost, rightmost);
    canvas.text(left, float(top + height + mark) + 0.85F * bar.font, label, style);
  }
}

}  // namespace orderscope
