// SPDX-License-Identifier: GPL-3.0-or-later
// A NumPy .npz file (a zip archive of .npy members, stored), written array by array without holding any of them.
#include <libdeflate.h>

#include <cstring>
#include <fstream>
#include <limits>

#include "core/run/batch_export.h"

namespace orderscope {

namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kZip32 = 0xFFFFFFFFu;

template <typename T>
void put(std::string& bytes, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
}

/// Members are stored in order, each of a size that is known before; their check sums are filled in afterwards.
class NpzWriter {
 public:
  explicit NpzWriter(const fs::path& path) : stream_(path, std::ios::binary | std::ios::trunc) {}

  /// `shape` as NumPy writes it: "(3,)", "(3, 4)".
  void begin(const std::string& name, const std::string& dtype, const std::string& shape, std::uint64_t data_bytes) {
    std::string header = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + shape + ", }";
    header += std::string(63 - (10 + header.size()) % 64, ' ') + "\n";
    Member member;
    member.name = name + ".npy";
    member.offset = static_cast<std::uint64_t>(stream_.tellp());
    member.size = 10 + header.size() + data_bytes;
    members_.push_back(member);
    write_raw(local_header(member, 0));
    crc_ = 0;
    std::string preamble = "\x93NUMPY\x01";
    preamble += '\0';
    put<std::uint16_t>(preamble, static_cast<std::uint16_t>(header.size()));
    write(preamble + header);
  }

  void write(const void* data, std::size_t size) {
    crc_ = libdeflate_crc32(crc_, data, size);
    stream_.write(static_cast<const char*>(data), static_cast<std::streamsize>(size));
  }
  void write(const std::string& bytes) { write(bytes.data(), bytes.size()); }

  void end() {
    Member& member = members_.back();
    member.crc = crc_;
    const auto here = stream_.tellp();
    stream_.seekp(static_cast<std::streamoff>(member.offset));
    write_raw(local_header(member, crc_));
    stream_.seekp(here);
  }

  bool finish() {
    const auto start = static_cast<std::uint64_t>(stream_.tellp());
    for (const Member& member : members_) write_raw(directory_entry(member));
    const auto directory = static_cast<std::uint64_t>(stream_.tellp());
    std::string end;
    put<std::uint32_t>(end, 0x06064b50u);  // zip64 end of central directory: always there, always valid
    put<std::uint64_t>(end, 44);
    put<std::uint16_t>(end, 45);
    put<std::uint16_t>(end, 45);
    put<std::uint32_t>(end, 0);
    put<std::uint32_t>(end, 0);
    put<std::uint64_t>(end, members_.size());
    put<std::uint64_t>(end, members_.size());
    put<std::uint64_t>(end, directory - start);
    put<std::uint64_t>(end, start);
    put<std::uint32_t>(end, 0x07064b50u);
    put<std::uint32_t>(end, 0);
    put<std::uint64_t>(end, directory);
    put<std::uint32_t>(end, 1);
    put<std::uint32_t>(end, 0x06054b50u);
    put<std::uint32_t>(end, 0);
    put<std::uint16_t>(end, static_cast<std::uint16_t>(members_.size()));
    put<std::uint16_t>(end, static_cast<std::uint16_t>(members_.size()));
    put<std::uint32_t>(end, static_cast<std::uint32_t>(std::min(directory - start, kZip32)));
    put<std::uint32_t>(end, static_cast<std::uint32_t>(std::min(start, kZip32)));
    put<std::uint16_t>(end, 0);
    write_raw(end);
    stream_.close();
    return static_cast<bool>(stream_);
  }

  explicit operator bool() const { return static_cast<bool>(stream_); }

 private:
  struct Member {
    std::string name;
    std::uint64_t offset = 0, size = 0;
    std::uint32_t crc = 0;
  };

  void write_raw(const std::string& bytes) { stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size())); }

  /// From "version needed" to the name's length: what both kinds of header share. Sizes are always in the zip64 field.
  static void common(std::string& bytes, const Member& member, std::uint32_t crc, std::uint16_t extra) {
    put<std::uint16_t>(bytes, 45);
    put<std::uint16_t>(bytes, 0);
    put<std::uint16_t>(bytes, 0);         // stored
    put<std::uint32_t>(bytes, 0x210000);  // 1980-01-01, so that the same rows make the same file
    put<std::uint32_t>(bytes, crc);
    put<std::uint32_t>(bytes, static_cast<std::uint32_t>(kZip32));
    put<std::uint32_t>(bytes, static_cast<std::uint32_t>(kZip32));
    put<std::uint16_t>(bytes, static_cast<std::uint16_t>(member.name.size()));
    put<std::uint16_t>(bytes, extra);
  }

  static std::string local_header(const Member& member, std::uint32_t crc) {
    std::string bytes;
    put<std::uint32_t>(bytes, 0x04034b50u);
    common(bytes, member, crc, 20);
    bytes += member.name;
    put<std::uint16_t>(bytes, 1);
    put<std::uint16_t>(bytes, 16);
    put<std::uint64_t>(bytes, member.size);
    put<std::uint64_t>(bytes, member.size);
    return bytes;
  }

  static std::string directory_entry(const Member& member) {
    std::string bytes;
    put<std::uint32_t>(bytes, 0x02014b50u);
    put<std::uint16_t>(bytes, 45);
    common(bytes, member, member.crc, 28);
    put<std::uint16_t>(bytes, 0);
    put<std::uint16_t>(bytes, 0);
    put<std::uint16_t>(bytes, 0);
    put<std::uint32_t>(bytes, 0);
    put<std::uint32_t>(bytes, static_cast<std::uint32_t>(kZip32));
    bytes += member.name;
    put<std::uint16_t>(bytes, 1);
    put<std::uint16_t>(bytes, 24);
    put<std::uint64_t>(bytes, member.size);
    put<std::uint64_t>(bytes, member.size);
    put<std::uint64_t>(bytes, member.offset);
    return bytes;
  }

  std::ofstream stream_;
  std::vector<Member> members_;
  std::uint32_t crc_ = 0;
};

/// UTF-8 as `length` code points of UTF-32, filled up with zeros as NumPy does.
std::string utf32(std::string_view text, std::size_t length) {
  std::string bytes;
  while (!text.empty() && bytes.size() < 4 * length) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t size = lead < 0x80 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    std::uint32_t point = size == 1 ? (lead < 0x80 ? lead : 0xFFFDu) : lead & (0x7Fu >> size);
    for (std::size_t i = 1; i < size && i < text.size(); ++i)
      point = point << 6 | (static_cast<unsigned char>(text[i]) & 0x3Fu);
    put<std::uint32_t>(bytes, point);
    text.remove_prefix(std::min(size, text.size()));
  }
  bytes.resize(4 * length, '\0');
  return bytes;
}

template <typename T>
void write_array(NpzWriter& npz, const std::string& name, const std::string& dtype, const std::vector<T>& values) {
  npz.begin(name, dtype, "(" + std::to_string(values.size()) + ",)", values.size() * sizeof(T));
  npz.write(values.data(), values.size() * sizeof(T));
  npz.end();
}

void write_names(NpzWriter& npz, const std::string& name, const std::vector<std::string>& names) {
  std::size_t longest = 1;
  for (const std::string& text : names) longest = std::max(longest, text.size());
  npz.begin(name, "<U" + std::to_string(longest), "(" + std::to_string(names.size()) + ",)",
            4 * longest * names.size());
  for (const std::string& text : names) npz.write(utf32(text, longest));
  npz.end();
}

}  // namespace

Result<void> export_npz(const BatchRows& rows, const fs::path& path, const JobContext& job) {
  ExportFile file(path);
  NpzWriter npz(file.temporary());
  const auto refused = [&]() -> Result<void> {
    return fail(Error::Kind::FileAccess, "cannot be written: is the disk full, or the folder not yours?",
                path.string());
  };
  if (!npz) return refused();

  std::vector<std::int64_t> image;
  std::vector<std::int32_t> label, predicted, rank, correct;
  std::vector<float> confidence, label_probability, loss, entropy, disagreement;
  std::vector<std::string> model;
  std::size_t longest_path = 1, longest_note = 1;
  TRY_VOID(rows.each(
      [&](const ExportRow& line) -> Result<void> {
        const BatchRow& row = line.row;
        image.push_back(row.image);
        label.push_back(row.set_label.value_or(-1));
        predicted.push_back(row.predicted.value_or(-1));
        rank.push_back(row.label_rank.value_or(-1));
        correct.push_back(row.correct ? *row.correct : -1);
        confidence.push_back(static_cast<float>(row.confidence));
        label_probability.push_back(static_cast<float>(row.label_probability));
        loss.push_back(static_cast<float>(row.loss));
        entropy.push_back(static_cast<float>(row.entropy));
        disagreement.push_back(static_cast<float>(row.disagreement));
        model.push_back(line.model_name);
        longest_path = std::max(longest_path, row.path.size());
        longest_note = std::max(longest_note, row.note.size());
        return {};
      },
      job));
  const auto text_array = [&](const std::string& name, std::size_t longest, std::string BatchRow::*text) {
    npz.begin(name, "<U" + std::to_string(longest), "(" + std::to_string(rows.size()) + ",)",
              4 * longest * static_cast<std::uint64_t>(rows.size()));
    const Result<void> done = rows.each(
        [&](const ExportRow& line) -> Result<void> {
          npz.write(utf32(line.row.*text, longest));
          return npz ? Result<void>() : refused();
        },
        job);
    npz.end();
    return done;
  };
  TRY_VOID(text_array("path", longest_path, &BatchRow::path));
  write_array(npz, "image", "<i8", image);
  write_array(npz, "label", "<i4", label);
  write_names(npz, "model", model);
  write_array(npz, "predicted", "<i4", predicted);
  write_array(npz, "correct", "<i4", correct);
  write_array(npz, "label_rank", "<i4", rank);
  write_array(npz, "confidence", "<f4", confidence);
  write_array(npz, "label_probability", "<f4", label_probability);
  write_array(npz, "loss", "<f4", loss);
  write_array(npz, "entropy", "<f4", entropy);
  write_array(npz, "disagreement", "<f4", disagreement);
  TRY_VOID(text_array("note", longest_note, &BatchRow::note));
  write_names(npz, "figure_names", rows.figure_names());
  npz.begin("figures", "<f4",
            "(" + std::to_string(rows.size()) + ", " + std::to_string(rows.figure_names().size()) + ")",
            sizeof(float) * rows.figure_names().size() * static_cast<std::uint64_t>(rows.size()));
  TRY_VOID(rows.each(
      [&](const ExportRow& line) -> Result<void> {
        npz.write(line.figures.data(), line.figures.size() * sizeof(float));
        return npz ? Result<void>() : refused();
      },
      job));
  npz.end();
  if (!npz.finish()) return refused();
  return file.finish();
}

}  // namespace orderscope
