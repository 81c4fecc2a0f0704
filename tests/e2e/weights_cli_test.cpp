// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/base/files.h"
#include "tests/e2e/run_program.h"
#include "tests/http_server.h"
#include "tests/temporary_folder.h"

namespace orderscope::test {
namespace {

using testing::HasSubstr;

class WeightsCommand : public ::testing::Test {
 protected:
  ProgramResult weights(std::vector<std::string> arguments) {
    std::vector<std::string> all{"weights", "--folder", (folder / "here").string(), "--catalogue",
                                 (folder / "list.json").string()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_program("orderscope-cli", all);
  }
  void publish(const std::string& url, const std::string& sha256 = "") {
    const nlohmann::json list{
        {"format", 1},
        {"sources", {{"us", {{"title", "us/models"}, {"page", "https://example.org"}, {"licence", "MIT"}}}}},
        {"weights",
         {{{"name", "demo"},
           {"family", "HorNet"},
           {"source", "us"},
           {"file", "demo.safetensors"},
           {"urls", {url}},
           {"parameters", 3'000'000},
           {"sha256", sha256}}}}};
    ASSERT_TRUE(write_file(folder / "list.json", std::string_view(list.dump())));
  }

  TemporaryFolder folder;
  const std::string demo =
      read_text_file(std::string(ORDERSCOPE_SOURCE_DIR) + "/resources/models/hornet-7x7.safetensors").value_or("");
};

TEST_F(WeightsCommand, GetsVerifiesAndTheModelOpens) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    const std::string whole = answer(query, demo);
    to.send(number == 0 ? whole.substr(0, whole.size() / 2) : whole);
  });
  publish(server.url());
  const ProgramResult got = weights({"get", "demo"});
  ASSERT_EQ(got.exit_code, 0) << got.err;
  const std::string path = (folder / "here" / "demo.safetensors").string();
  EXPECT_EQ(got.out, path + "\n");
  EXPECT_THAT(got.err, HasSubstr("licence MIT"));
  EXPECT_EQ(server.queries().size(), 2U);
  EXPECT_EQ(run_program("orderscope-cli", {"info", path}).exit_code, 0);
  EXPECT_EQ(weights({"verify"}).exit_code, 0);
  EXPECT_THAT(weights({"list"}).out, HasSubstr("downloaded"));
  const auto listed = nlohmann::json::parse(weights({"list", "--json"}).out);
  EXPECT_EQ(listed.at(0).at("state"), "downloaded");
  EXPECT_TRUE(listed.at(0).at("bytes").is_null()) << "nobody stated the size";

  ASSERT_TRUE(write_file(path, "tampered"));
  const ProgramResult changed = weights({"verify", "demo"});
  EXPECT_EQ(changed.exit_code, 1);
  EXPECT_THAT(changed.out, HasSubstr("CHANGED"));
}

TEST_F(WeightsCommand, AWrongChecksumIsOneLine) {
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, demo)); });
  publish(server.url(), "0123");
  const ProgramResult got = weights({"get", "demo"});
  EXPECT_EQ(got.exit_code, 1);
  EXPECT_THAT(got.err, HasSubstr("checksum is wrong"));
  EXPECT_FALSE(std::filesystem::exists(folder / "here" / "demo.safetensors"));
}

TEST_F(WeightsCommand, UnknownNamesAndMissingListsAreSaid) {
  publish("http://127.0.0.1:9/x");
  EXPECT_EQ(weights({"get", "nothing"}).exit_code, 1);
  EXPECT_EQ(weights({"verify", "demo"}).exit_code, 1);
  EXPECT_EQ(weights({}).exit_code, 2);
  EXPECT_THAT(run_program("orderscope-cli", {"weights", "--catalogue", "/nowhere.json", "list"}).err,
              HasSubstr("/nowhere.json"));
}

TEST_F(WeightsCommand, ListsThePublishedOnesWithoutANetwork) {
  const ProgramResult listed =
      run_program("orderscope-cli", {"weights", "--folder", folder.string(), "list", "hornet"});
  EXPECT_EQ(listed.exit_code, 0);
  EXPECT_THAT(listed.out, HasSubstr("hornet_tiny_gf"));
  EXPECT_THAT(listed.out, testing::Not(HasSubstr("swin")));
}

}  // namespace
}  // namespace orderscope::test
