// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "core/base/sha256.h"
#include "core/weights/folder.h"
#include "tests/http_server.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using test::answer;
using test::HttpConnection;
using test::HttpQuery;
using test::HttpServer;
using testing::HasSubstr;

/// A safetensors file of one tensor of two numbers.
std::string checkpoint(char value) {
  std::string header = R"({"norm.weight":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  std::string file(8, '\0');
  file[0] = static_cast<char>(header.size());
  return file + header + std::string(8, value);
}

std::string digits(const std::string& bytes) { return sha256(std::as_bytes(std::span(bytes))); }

TEST(Catalogue, TheListOfTheProgramIsWhole) {
  const WeightsCatalogue& all = published_weights();
  ASSERT_GE(all.size(), 50U);
  std::map<std::string, int> families;
  for (const PublishedWeights& weights : all) {
    ++families[weights.family];
    EXPECT_FALSE(weights.source.licence.empty()) << weights.name;
    EXPECT_TRUE(weights.image_size == 224 || weights.image_size == 384) << weights.name;
    EXPECT_GT(weights.parameters, 20'000'000) << weights.name;
    for (const std::string& url : weights.urls) EXPECT_TRUE(url.starts_with("https://")) << url;
  }
  EXPECT_EQ(families["HorNet"], 15) << "nine of the authors, six of OpenMMLab";
  EXPECT_EQ(families["Swin"], 16);
  EXPECT_EQ(families["ConvNeXt"], 21);
}

TEST(Catalogue, ParametersAreThoseOfTheArchitectureWithItsHead) {
  // reference counts of the official classes; 22K heads have 21,841 outputs instead of 1,000.
  EXPECT_EQ(find_weights(published_weights(), "hornet_tiny_gf")->parameters, 22'991'848);
  EXPECT_EQ(find_weights(published_weights(), "swin_base_patch4_window7_224_22k")->parameters,
            87'768'224 + (21'841 - 1'000) * (1'024 + 1));
}

TEST(Catalogue, BadListsAreRefusedWithTheEntryThatIsWrong) {
  const auto with = [](const std::string& file, const std::string& url, const std::string& sha) {
    return R"({"format":1,"sources":{"s":{"title":"t","page":"p","licence":"MIT"}},"weights":[{"name":"mine","family":"HorNet","source":"s","parameters":1,"file":")" +
           file + R"(","urls":[")" + url + R"("],"sha256":")" + sha + R"("}]})";
  };
  EXPECT_TRUE(parse_weights_catalogue(with("a.pth", "https://x/a", "")));
  for (const std::string& bad :
       {with("../a.pth", "https://x/a", ""), with("/etc/passwd", "https://x/a", ""), with(".hidden", "https://x/a", ""),
        with("a.pth", "file:///etc/passwd", ""), with("a.pth", "https://x/a", "XYZ"), with("", "https://x/a", "")}) {
    const auto parsed = parse_weights_catalogue(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().subject, "mine");
  }
  for (const char* bad : {"", "[]", "{}", R"({"format":2})", R"({"format":1,"sources":{},"weights":[{"name":5}]})"})
    EXPECT_FALSE(parse_weights_catalogue(bad)) << bad;
}

TEST(Catalogue, AMisspeltNameGetsAHint) {
  const auto found = find_weights(published_weights(), "swin_tiny");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().advice, HasSubstr("swin_tiny_patch4_window7_224"));
}

class Store : public testing::Test {
 protected:
  Store() {
    weights.name = "tiny";
    weights.file = "tiny.pth";
    weights.parameters = 2;
    weights.source = {"somebody/models", "https://example.org", "MIT", "the repository's", ""};
    options.download.first_wait = std::chrono::milliseconds(1);
    options.download.attempts = 2;
  }

  Result<GotWeights> get(const HttpServer& server) {
    weights.urls = {server.url()};
    return get_weights(weights, folder.path(), options, {});
  }
  HttpServer serve(const std::string& content) {
    return HttpServer(
        [content](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  }

  test::TemporaryFolder folder;
  PublishedWeights weights;
  GetOptions options;
};

TEST_F(Store, GetsRecordsAndVerifies) {
  const std::string content = checkpoint('a');
  const HttpServer server = serve(content);
  EXPECT_EQ(local_weights(weights, folder.path()).state, WeightsState::Absent);
  const auto got = get(server);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_FALSE(got->already_there);
  EXPECT_EQ(read_text_file(got->file).value(), content);

  const LocalWeights local = local_weights(weights, folder.path());
  EXPECT_EQ(local.state, WeightsState::Present);
  ASSERT_TRUE(local.record);
  EXPECT_EQ(local.record->sha256, digits(content));
  EXPECT_EQ(local.record->licence, "MIT");
  EXPECT_FALSE(local.record->checked) << "nobody publishes a checksum of it";
  const auto json = nlohmann::json::parse(read_text_file(folder / "tiny.pth.json").value());
  EXPECT_EQ(json.at("checksum"), "recorded at the first download");

  auto check = verify_weights(weights, folder.path(), {});
  ASSERT_TRUE(check);
  EXPECT_TRUE(check->good());
  EXPECT_FALSE(check->as_published);
  EXPECT_EQ(check->as_recorded, true);
  ASSERT_TRUE(write_file(got->file, "tampered"));
  EXPECT_FALSE(verify_weights(weights, folder.path(), {})->good());
}

TEST_F(Store, WhatIsThereIsNotAskedForAgain) {
  const HttpServer server = serve(checkpoint('a'));
  ASSERT_TRUE(get(server));
  const auto second = get(server);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->already_there);
  EXPECT_EQ(server.queries().size(), 1U);
}

TEST_F(Store, APublishedChecksumIsHeldTo) {
  const std::string content = checkpoint('a');
  const HttpServer server = serve(content);
  weights.sha256 = "00000000";
  const auto wrong = get(server);
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, Error::Kind::Broken);
  EXPECT_THAT(wrong.error().message(), HasSubstr("checksum"));
  EXPECT_TRUE(fs::is_empty(folder.path())) << "a wrong file is of no use to the next attempt";

  weights.sha256 = digits(content).substr(0, 8);
  const auto right = get(server);
  ASSERT_TRUE(right);
  EXPECT_TRUE(right->record.checked);
  EXPECT_EQ(verify_weights(weights, folder.path(), {})->as_published, true);
}

TEST_F(Store, AContentOtherThanTheFirstIsNotTrustedUnasked) {
  {
    const HttpServer server = serve(checkpoint('a'));
    ASSERT_TRUE(get(server));
  }
  fs::remove(folder / "tiny.pth");
  const HttpServer server = serve(checkpoint('b'));
  const auto changed = get(server);
  ASSERT_FALSE(changed);
  EXPECT_THAT(changed.error().message(), HasSubstr("another file"));
  EXPECT_EQ(local_weights(weights, folder.path()).state, WeightsState::Absent);
  options.trust_change = true;
  const auto trusted = get(server);
  ASSERT_TRUE(trusted);
  EXPECT_EQ(trusted->record.sha256, digits(checkpoint('b')));
}

TEST_F(Store, GettingAgainReplacesOnlyByAWholeFile) {
  {
    const HttpServer server = serve(checkpoint('a'));
    ASSERT_TRUE(get(server));
  }
  options.again = true;
  options.trust_change = true;
  {
    const HttpServer server = serve("<html>busy</html>");
    EXPECT_FALSE(get(server));
    EXPECT_EQ(read_text_file(folder / "tiny.pth").value(), checkpoint('a'));
  }
  const HttpServer server = serve(checkpoint('b'));
  ASSERT_TRUE(get(server));
  EXPECT_EQ(read_text_file(folder / "tiny.pth").value(), checkpoint('b'));
}

TEST_F(Store, WhatIsNoCheckpointIsNotKept) {
  const std::string whole = checkpoint('a');
  // A web page that does not call itself one, and a file whose server lied about its length.
  for (const std::string& content : {std::string("<!doctype html><p>log in"), whole.substr(0, whole.size() - 3)}) {
    const HttpServer server = serve(content);
    const auto got = get(server);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().kind, Error::Kind::Broken);
    EXPECT_THAT(got.error().message(), HasSubstr("no checkpoint"));
    EXPECT_TRUE(fs::is_empty(folder.path()));
  }
}

TEST_F(Store, ABrokenRecordIsNone) {
  ASSERT_TRUE(write_file(folder / "tiny.pth.json", "{\"sha256\": 5"));
  EXPECT_FALSE(local_weights(weights, folder.path()).record);
}

class Folder : public testing::Test {
 protected:
  Folder() {
    setenv("HOME", home.string().c_str(), 1);
    for (const char* name : {"ORDERSCOPE_WEIGHTS", "XDG_DATA_HOME", "XDG_CONFIG_HOME"}) unsetenv(name);
  }
  test::TemporaryFolder home;
};

TEST_F(Folder, IsTheUsersDataFolderUnlessSet) {
  EXPECT_EQ(weights_folder().value(), home / ".local/share/orderscope/weights");
  setenv("XDG_DATA_HOME", "relative", 1);
  EXPECT_EQ(weights_folder().value(), home / ".local/share/orderscope/weights") << "as the XDG specification has it";
  setenv("XDG_DATA_HOME", (home / "data").c_str(), 1);
  EXPECT_EQ(weights_folder().value(), home / "data/orderscope/weights");
  EXPECT_FALSE(set_weights_folder("relative"));
  ASSERT_TRUE(set_weights_folder(home / "disk"));
  EXPECT_EQ(weights_folder().value(), home / "disk");
  setenv("ORDERSCOPE_WEIGHTS", (home / "other").c_str(), 1);
  EXPECT_EQ(weights_folder().value(), home / "other");
}

TEST_F(Folder, ABrokenSettingIsSaid) {
  ASSERT_TRUE(write_file(home / ".config/orderscope/weights.json", "[]"));
  const auto folder = weights_folder();
  ASSERT_FALSE(folder);
  EXPECT_THAT(folder.error().message(), HasSubstr("weights where --set"));
}

}  // namespace
}  // namespace orderscope
