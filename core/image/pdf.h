// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/image/image.h"

namespace orderscope {

/// A document of A4 pages that is filled from top to bottom; what does not fit goes to the next page. Text stays text:
/// it can be selected and searched. The font is the built-in one (see TextPainter).
class PdfDocument {
 public:
  /// Errors: FileAccess. The file is whole only after finish().
  static Result<PdfDocument> create(const std::filesystem::path& path, const std::string& title);
  PdfDocument(PdfDocument&&) noexcept;
  PdfDocument& operator=(PdfDocument&&) noexcept;
  ~PdfDocument();

  void heading(const std::string& text, int level);  ///< level 1 begins on a page of its own unless that is empty
  void paragraph(const std::string& text);
  /// As wide as the page at most, never larger than at 144 dpi, on one page with its caption. `photo`: kept as JPEG.
  void picture(const Image& image, bool photo, const std::string& caption = {});
  /// Columns as wide as their longest cell; the first row is the header, which comes again on each page.
  void table(const std::vector<std::vector<std::string>>& rows);
  Result<void> finish();

 private:
  struct State;
  explicit PdfDocument(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace orderscope
