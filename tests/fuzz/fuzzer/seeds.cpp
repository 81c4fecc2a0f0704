// SPDX-License-Identifier: GPL-3.0-or-later
// Where fuzzing starts: good and bad files of the tests, and small ones made here, a folder a target.
//   fuzz_seeds OUT GOLDEN PICTURES
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "core/base/files.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/zip_archive.h"
#include "core/run/session_file.h"
#include "tests/core/checkpoint/hand_made_zip.h"

namespace fs = std::filesystem;
using namespace orderscope;
using test::HandMadeZip;

namespace {

// Larger ones make a fuzzer slow and teach it little.
constexpr std::uintmax_t kLargest = 64 << 10;

/// {"a": a tensor of 2 x 2 floats} as torch.save pickles it.
constexpr char kPickle[] =
    "\x80\x02}(X\x01\0\0\0a"
    "ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\0000X\x03\0\0\0cpuK\x04tQ"
    "K\0(K\x02K\x02t(K\x02K\x01t\x89"
    "ccollections\nOrderedDict\n)RtRu.";

class Seeds {
 public:
  explicit Seeds(fs::path out) : out_(std::move(out)) {}

  void add(const std::string& target, const std::string& name, const std::string& content) {
    const fs::path folder = out_ / target;
    fs::create_directories(folder);
    std::ofstream(folder / name, std::ios::binary) << content;
    ++count_;
  }

  void add_file(const std::string& target, const fs::path& file) {
    std::error_code error;
    if (fs::file_size(file, error) <= kLargest) add(target, file.filename().string(), read_text_file(file).value());
  }

  int count() const { return count_; }

 private:
  fs::path out_;
  int count_ = 0;
};

void add_zip(Seeds& seeds, const fs::path& file) {
  seeds.add_file("zip", file);
  const auto mapped = MappedFile::open(file);
  const auto archive = mapped ? ZipArchive::open(*mapped) : fail(mapped.error());
  if (!archive) return;
  // A copy without checksums: what a fuzzer changes in it is not refused as damaged.
  HandMadeZip copy;
  copy.checksums = false;
  for (const auto& member : archive->members()) {
    const auto content = archive->read(member, kLargest);
    if (!content) continue;
    const std::string bytes(reinterpret_cast<const char*>(content->bytes.data()), content->bytes.size());
    copy.add(member.name, bytes);
    if (member.name.ends_with(".pkl"))
      for (const char* target : {"pickle", "state_dict"}) seeds.add(target, file.stem().string(), bytes);
  }
  if (copy.bytes().size() <= kLargest) seeds.add("zip", file.stem().string() + "-without-checksums", copy.bytes());
}

void add_keys(Seeds& seeds, const std::string& name, const fs::path& file) {
  const auto checkpoint = read_checkpoint(file);
  if (!checkpoint) return;
  std::string lines;
  for (const auto& [key, tensor] : checkpoint->state_dict) {
    lines += key;
    for (const std::int64_t size : tensor.sizes()) lines += ' ' + std::to_string(size);
    lines += '\n';
  }
  seeds.add("keys", name, lines);
}

void add_small_checkpoints(Seeds& seeds) {
  const std::string pickle(kPickle, sizeof kPickle - 1), storage(16, '\0');
  for (const char* target : {"pickle", "state_dict"}) seeds.add(target, "small", pickle);
  for (const bool zip64 : {false, true}) {
    HandMadeZip archive;
    archive.checksums = false;
    archive.zip64 = zip64;
    archive.add("a/data.pkl", pickle);
    archive.add("a/byteorder", "little");
    archive.add("a/data/0", storage);
    seeds.add("zip", zip64 ? "small-zip64" : "small", archive.bytes());
  }
  const std::string header = R"({"__metadata__":{"a":"b"},"a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]}})";
  std::string length(8, '\0');
  length[0] = static_cast<char>(header.size());
  seeds.add("safetensors", "small", length + header + storage);
}

void add_settings(Seeds& seeds) {
  SessionFile session;
  session.models.push_back({"/folder/model.pth", std::string(64, 'a'), 123, {{"note", "kept"}}});
  session.images.push_back({"/other/photo \xc3\xa9.jpg", {}, -1, nlohmann::json::object()});
  session.model = session.image = 0;
  session.block = "stages.2.3";
  session.class_index = 281;
  session.page = "orders";
  session.pages["orders"] = {{"opacity", 0.7}, {"scale", "map"}};
  session.methods["gradcam"]["layer"] = "stages.3.1";
  seeds.add("session", "without-figure", session_text(session, "/folder/s.orderscope"));
  session.figure = figure_of(session);
  seeds.add("session", "with-figure", session_text(session, "/folder/s.orderscope"));
  session.images[0].path = "/folder/\xff";
  seeds.add("session", "no-text", session_text(session, "/folder/s.orderscope"));

  seeds.add("batch_config", "small", R"({"models":"m.pth","images":"photos"})");
  seeds.add("batch_config", "all",
            R"({"models":[{"path":"m.pth","key":"model_ema"},"n.pth"],"images":["a","b.csv"],"list_folder":".",)"
            R"("methods":["gradcam",{"id":"gradcam","layer":"stages.3.1"}],"gradients":true,"faithfulness":false,)"
            R"("ablate":["network","stage","block"],"maps":["orders","cam"],"batch":16,"chunk":64,"size":224,)"
            R"("exif":"ignore","device":"cpu","workers":2})");
  seeds.add("batch_list", "all", "path,label,label_name,sha256\n\"a \"\"b\"\".jpg\",0,cat,\r\n\"c\nd.png\",1,dog,\n");
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: fuzz_seeds OUT GOLDEN PICTURES\n");
    return 2;
  }
  Seeds seeds(arguments[1]);
  const fs::path golden = arguments[2];
  for (const auto& entry : fs::directory_iterator(golden / "bad")) {
    const std::string name = entry.path().filename().string();
    if (name.ends_with(".safetensors")) seeds.add_file("safetensors", entry.path());
    if (name.starts_with("legacy"))
      seeds.add_file("legacy", entry.path());
    else if (name.ends_with(".pth"))
      add_zip(seeds, entry.path());
  }
  for (const auto& entry : fs::recursive_directory_iterator(golden)) {
    if (entry.path().extension() == ".npy" && entry.file_size() <= 2048) seeds.add_file("npy", entry.path());
    if (entry.path().filename() == "official.pth")
      add_keys(seeds, entry.path().parent_path().filename().string(), entry.path());
  }
  for (const auto& entry : fs::directory_iterator(arguments[3])) seeds.add_file("image", entry.path());
  add_small_checkpoints(seeds);
  add_settings(seeds);
  std::printf("%d seeds\n", seeds.count());
}
