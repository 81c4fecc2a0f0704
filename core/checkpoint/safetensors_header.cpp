// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/checkpoint/safetensors_header.h"

#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>

#include "core/checkpoint/quote.h"

namespace orderscope {

namespace {

/// Follows the events of the parser through the only shape a header may have:
/// {"__metadata__": {text: text}, name: {"dtype": text, "shape": [numbers], "data_offsets": [begin, end]}}
/// A DOM would hide repeated keys and let the input choose the depth.
class HeaderReader : public nlohmann::json_sax<nlohmann::json> {
 public:
  SafetensorsHeader header;
  std::string why;

  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a truth value"); }
  bool number_integer(number_integer_t) override { return refuse("a negative number"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("binary data"); }

  bool number_unsigned(number_unsigned_t value) override {
    if (place_ == Place::Shape) {
      if (value > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
        return refuse("a size beyond 63 bits");
      if (entry().shape.size() == 64) return refuse("more than 64 dimensions");
      entry().shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (place_ != Place::Offsets || offsets_ == 2) return refuse("a number");
    (offsets_++ == 0 ? entry().begin : entry().end) = value;
    return true;
  }

  bool string(string_t& value) override {
    if (place_ == Place::Metadata)
      header.metadata[key_] = std::move(value);
    else if (place_ == Place::Tensor && key_ == "dtype")
      entry().dtype = std::move(value);
    else
      return refuse("a text");
    return true;
  }

  bool start_object(std::size_t) override {
    if (place_ == Place::Start) {
      place_ = Place::Top;
    } else if (place_ == Place::Top) {
      place_ = key_ == "__metadata__" ? Place::Metadata : Place::Tensor;
      inner_keys_.clear();
      if (place_ == Place::Tensor) header.entries.emplace_back().name = key_;
    } else {
      return refuse("an object");
    }
    return true;
  }

  bool end_object() override {
    if (place_ == Place::Tensor && inner_keys_.size() != 3) {
      why = "tensor " + quote(entry().name) + " lacks its dtype, shape or offsets";
      return false;
    }
    place_ = place_ == Place::Top ? Place::Start : Place::Top;
    return true;
  }

  bool start_array(std::size_t) override {
    if (place_ == Place::Tensor && key_ == "shape")
      place_ = Place::Shape;
    else if (place_ == Place::Tensor && key_ == "data_offsets")
      place_ = Place::Offsets;
    else
      return refuse("an array");
    offsets_ = 0;
    return true;
  }

  bool end_array() override {
    if (place_ == Place::Offsets && offsets_ != 2) return refuse("one offset instead of two");
    place_ = Place::Tensor;
    return true;
  }

  bool key(string_t& name) override {
    auto& seen = place_ == Place::Top ? keys_ : inner_keys_;
    if (!seen.insert(name).second) {
      why = "the key " + quote(name) + " occurs twice";
      return false;
    }
    if (place_ == Place::Tensor && name != "dtype" && name != "shape" && name != "data_offsets") {
      why = "tensor " + quote(entry().name) + " has the unknown property " + quote(name);
      return false;
    }
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) override {
    why = "it is no JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  enum class Place { Start, Top, Metadata, Tensor, Shape, Offsets };

  SafetensorsEntry& entry() { return header.entries.back(); }

  bool refuse(const std::string& what) {
    why = what + " stands where none may be";
    if (!key_.empty()) why += ", after " + quote(key_);
    return false;
  }

  Place place_ = Place::Start;
  int offsets_ = 0;
  std::string key_;
  std::unordered_set<std::string> keys_, inner_keys_;
};

}  // namespace

Result<SafetensorsHeader> parse_safetensors_header(std::span<const std::byte> json) {
  HeaderReader reader;
  const auto* text = reinterpret_cast<const char*>(json.data());
  if (!nlohmann::json::sax_parse(text, text + json.size(), &reader))
    return fail(Error::Kind::Broken, "the header cannot be read: " + reader.why);
  return std::move(reader.header);
}

}  // namespace orderscope
