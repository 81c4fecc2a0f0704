// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdint>

#include "core/base/files.h"
#include "core/image/jpeg.h"
#include "core/image/pdf.h"
#include "core/image/png.h"
#include "core/run/batch_report.h"

namespace orderscope {

namespace {

std::string escaped(const std::string& text) {
  std::string safe;
  for (const char c : text) {
    switch (c) {
      case '<': safe += "&lt;"; break;
      case '>': safe += "&gt;"; break;
      case '&': safe += "&amp;"; break;
      case '"': safe += "&quot;"; break;
      default: safe += c;
    }
  }
  return safe;
}

std::string base64(const std::string& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve(4 * (bytes.size() + 2) / 3);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t word = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < count ? static_cast<unsigned char>(bytes[i + k]) : std::uint32_t{0});
    for (std::size_t k = 0; k < 4; ++k) text += k <= count ? digits[word >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

constexpr const char* kStyle = R"(
body { font: 15px/1.5 system-ui, sans-serif; color: #1c1c1e; background: #fff; max-width: 900px; margin: 2em auto; padding: 0 1em; }
h1 { font-size: 1.6em; } h2 { font-size: 1.2em; margin-top: 2.5em; border-top: 1px solid #bec0c4; padding-top: 1em; }
figure { margin: 1.5em 0; } img { max-width: 100%; height: auto; } figcaption { color: #606268; font-size: .93em; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; } td, th { padding: .15em .8em; text-align: right; }
td:first-child, th:first-child { text-align: left; } th { border-bottom: 1px solid #bec0c4; } p { overflow-wrap: anywhere; }
)";

}  // namespace

Result<void> write_report_html(const BatchReport& report, const std::filesystem::path& path) {
  std::string html =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width\"><title>" +
      escaped(report.title) + "</title><style>" + kStyle + "</style></head><body>\n<h1>" + escaped(report.title) +
      "</h1>\n";
  for (const ReportPart& part : report.parts) {
    switch (part.kind) {
      case ReportPart::Kind::Heading: html += "<h2>" + escaped(part.text) + "</h2>\n"; break;
      case ReportPart::Kind::Text: html += "<p>" + escaped(part.text) + "</p>\n"; break;
      case ReportPart::Kind::Picture: {
        TRY(const std::string bytes, part.photo ? encode_jpeg(part.picture) : encode_png(part.picture));
        html += "<figure><img alt=\"" + escaped(part.text) + "\" src=\"data:image/" + (part.photo ? "jpeg" : "png") +
                ";base64," + base64(bytes) + "\"><figcaption>" + escaped(part.text) + "</figcaption></figure>\n";
        break;
      }
      case ReportPart::Kind::Table: {
        html += "<table>\n";
        for (std::size_t r = 0; r < part.rows.size(); ++r) {
          const std::string cell = r == 0 ? "th" : "td";
          html += "<tr>";
          for (const std::string& text : part.rows[r]) html += "<" + cell + ">" + escaped(text) + "</" + cell + ">";
          html += "</tr>\n";
        }
        html += "</table>\n";
        break;
      }
    }
  }
  return write_file(path, std::string_view(html + "</body></html>\n"));
}

Result<void> write_report_pdf(const BatchReport& report, const std::filesystem::path& path) {
  TRY(PdfDocument pdf, PdfDocument::create(path, report.title));
  pdf.heading(report.title, 1);
  for (const ReportPart& part : report.parts) {
    switch (part.kind) {
      case ReportPart::Kind::Heading: pdf.heading(part.text, 2); break;
      case ReportPart::Kind::Text: pdf.paragraph(part.text); break;
      case ReportPart::Kind::Picture: pdf.picture(part.picture, part.photo, part.text); break;
      case ReportPart::Kind::Table: pdf.table(part.rows); break;
    }
  }
  return pdf.finish();
}

}  // namespace orderscope
