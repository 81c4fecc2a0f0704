// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/image/detection_overlay.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "core/image/canvas.h"

namespace orderscope {

namespace {

void tint(Image& image, const RunLengths& mask, Rgb color, float opacity) {
  if (mask.size.height != image.height || mask.size.width != image.width) return;
  const auto mix = [opacity](std::uint8_t under, std::uint8_t over) {
    return static_cast<std::uint8_t>(std::lround((1 - opacity) * float(under) + opacity * float(over)));
  };
  std::int64_t at = 0;
  for (std::size_t run = 0; run < mask.counts.size(); at += mask.counts[run], ++run) {
    if (run % 2 == 0) continue;
    for (std::int64_t i = at; i < at + mask.counts[run]; ++i) {
      std::uint8_t* pixel = image.row(static_cast<int>(i % image.height)) + 3 * (i / image.height);
      pixel[0] = mix(pixel[0], color.r), pixel[1] = mix(pixel[1], color.g), pixel[2] = mix(pixel[2], color.b);
    }
  }
}

Rgb readable_on(Rgb ground) {
  const double luminance = 0.299 * ground.r + 0.587 * ground.g + 0.114 * ground.b;
  return luminance > 140 ? Rgb{16, 16, 16} : Rgb{255, 255, 255};
}

ClassLook look_of(const std::vector<ClassLook>& looks, int label) {
  if (label >= 0 && static_cast<std::size_t>(label) < looks.size()) return looks[static_cast<std::size_t>(label)];
  return {"class " + std::to_string(label), {150, 150, 150}};
}

/// The name sits on the box's upper edge, or under it at the top of the picture.
void draw_box(Canvas& canvas, const Detection& detection, const ClassLook& look, int width, int height, float font) {
  const auto place = [](float v, int limit) {
    return static_cast<int>(std::lround(std::isfinite(v) ? std::clamp(v, 0.0F, float(limit)) : 0.0F));
  };
  const int left = place(detection.box[0], width), top = place(detection.box[1], height);
  const int right = std::max(place(detection.box[2], width), left + 1);
  const int bottom = std::max(place(detection.box[3], height), top + 1);
  const int thick = std::max(1, static_cast<int>(font / 8));
  for (int i = 0; i < thick; ++i)
    canvas.frame(left + i, top + i, std::max(right - left - 2 * i, 1), std::max(bottom - top - 2 * i, 1), look.color);

  char score[16];
  std::snprintf(score, sizeof score, " %.2f", double(detection.score));
  const std::string text = look.name + score;
  const TextStyle style{font, true, readable_on(look.color)};
  const int box_height = static_cast<int>(std::ceil(1.35F * font));
  const int box_width = static_cast<int>(std::ceil(canvas.text_width(text, style) + 0.6F * font));
  const int x = std::clamp(left, 0, std::max(width - box_width, 0));
  const int y = top >= box_height ? top - box_height : top;
  canvas.fill(x, y, box_width, box_height, look.color);
  canvas.text(static_cast<float>(x) + 0.3F * font, static_cast<float>(y) + 1.02F * font, text, style);
}

}  // namespace

Image draw_detections(const Image& picture, const Detections& detections, const std::vector<ClassLook>& looks,
                      const DetectionOverlayOptions& options) {
  if (picture.empty()) return picture;
  std::vector<const Detection*> shown;
  for (const Detection& detection : detections.found) {
    const bool wanted =
        options.labels.empty() || std::ranges::find(options.labels, detection.label) != options.labels.end();
    if (wanted && detection.score >= options.least_score) shown.push_back(&detection);
  }
  std::ranges::reverse(shown);
  const Detection* chosen = options.emphasis && *options.emphasis >= 0 &&
                                    static_cast<std::size_t>(*options.emphasis) < detections.found.size()
                                ? &detections.found[static_cast<std::size_t>(*options.emphasis)]
                                : nullptr;

  Image tinted = picture;
  for (const Detection* detection : shown) {
    const float strength = chosen && detection != chosen ? 0.3F : 1.0F;
    if (detection->mask)
      tint(tinted, *detection->mask, look_of(looks, detection->label).color, strength * options.opacity);
  }
  if (!options.boxes) return tinted;
  Canvas canvas(picture.width, picture.height, {});
  canvas.picture(0, 0, tinted);
  const float font = std::clamp(float(std::min(picture.width, picture.height)) / 40, 9.0F, 28.0F);
  for (const Detection* detection : shown) {
    if (chosen && detection != chosen) continue;
    draw_box(canvas, *detection, look_of(looks, detection->label), picture.width, picture.height, font);
  }
  return std::move(canvas).image();
}

}  // namespace orderscope
