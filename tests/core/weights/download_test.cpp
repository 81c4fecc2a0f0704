// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/weights/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/files.h"
#include "core/base/sha256.h"
#include "core/weights/part_file.h"
#include "tests/http_server.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using test::answer;
using test::head;
using test::HttpConnection;
using test::HttpQuery;
using test::HttpServer;
using testing::HasSubstr;

std::string content_of(char seed, std::size_t size = 300'000) {
  std::string bytes(size, '\0');
  unsigned state = static_cast<unsigned char>(seed);
  for (char& byte : bytes) byte = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  return bytes;
}

class Download : public testing::Test {
 protected:
  Download() {
    options.first_wait = std::chrono::milliseconds(1);
    options.patience.stall_seconds = 1;  // the smallest that libcurl knows
    request.label = "weights";
    request.file = folder / "weights.pth";
    request.limit = 1 << 20;
  }

  Result<Downloaded> get(const HttpServer& server, const std::string& path = "/weights.pth") {
    request.urls = {server.url(path)};
    return download(request, options, job);
  }
  std::string got() const { return read_text_file(request.file).value_or("nothing"); }
  fs::path part() const { return part_of(request.file); }
  std::string part_content() const { return read_text_file(part()).value_or("nothing"); }
  bool nothing_left() const { return fs::is_empty(folder.path()); }

  test::TemporaryFolder folder;
  DownloadRequest request;
  DownloadOptions options;
  JobContext job;
  const std::string content = content_of('a');
  const std::string other_content = content_of('c', 1000);
};

TEST_F(Download, GetsAFileAndTellsHowFarItIs) {
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  std::int64_t most = 0, total = 0;
  job.report = [&](const Progress& progress) { most = std::max(most, progress.done), total = progress.total; };
  const auto result = get(server);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(got(), content);
  EXPECT_EQ(result->sha256, sha256(std::as_bytes(std::span(content))));
  EXPECT_EQ(result->bytes, std::ssize(content));
  EXPECT_EQ(result->etag, "\"1\"");
  EXPECT_EQ(most, std::ssize(content));
  EXPECT_EQ(total, std::ssize(content));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1) << "the part and its JSON are gone";
}

TEST_F(Download, GoesOnAfterADroppedLine) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    const std::string whole = answer(query, content);
    to.send(number < 2 ? whole.substr(0, 100'000) : whole);
    if (number == 0) to.reset();
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
  const auto queries = server.queries();
  ASSERT_EQ(queries.size(), 3U);
  EXPECT_EQ(queries[0].header("range"), "");
  EXPECT_THAT(queries[1].header("range"), testing::MatchesRegex("bytes=[1-9][0-9]*-"));
  EXPECT_EQ(queries[1].header("if-range"), "\"1\"");
}

TEST_F(Download, GoesOnAfterAStall) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number > 0) return to.send(answer(query, content));
    to.send(answer(query, content).substr(0, 50'000));
    to.stall();
  });
  const auto result = get(server);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(got(), content);
  EXPECT_NE(server.queries().at(1).header("range"), "");
}

TEST_F(Download, ATrickleIsAStall) {
  options.attempts = 1;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Content-Length: 300000", "ETag: \"1\""}));
    to.trickle();
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::FileAccess);
  EXPECT_THAT(result.error().message(), HasSubstr(server.url()));
  EXPECT_FALSE(fs::exists(request.file));
}

TEST_F(Download, AServerThatNeverAnswersIsGivenUp) {
  options.attempts = 2;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) { to.stall(); });
  ASSERT_FALSE(get(server));
  EXPECT_EQ(server.queries().size(), 2U);
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, StartsOverWhereTheServerIgnoresRange) {
  HttpServer server([&](int number, const HttpQuery&, const HttpConnection& to) {
    const std::string whole = answer({}, content);
    to.send(number == 0 ? whole.substr(0, 100'000) : whole);
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
}

TEST_F(Download, StartsOverWhereTheFileChangedBetweenAttempts) {
  const std::string changed = content_of('b', 310'000);
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number == 0) return to.send(answer(query, content).substr(0, 100'000));
    to.send(answer(query, changed, "\"2\""));
  });
  const auto result = get(server);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(got(), changed);
  EXPECT_EQ(result->etag, "\"2\"");
}

TEST_F(Download, StartsOverWhereTheServerIgnoresIfRangeAndTheFileChanged) {
  const std::string changed = content_of('b');
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number == 0) return to.send(answer(query, content).substr(0, 100'000));
    HttpQuery without = query;
    without.headers.erase("if-range");
    to.send(answer(without, changed, "\"2\""));
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), changed);
}

TEST_F(Download, StartsOverAfterAnAnswerWithAnotherRange) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number == 0) return to.send(answer(query, content).substr(0, 100'000));
    if (!query.header("range").empty())
      return to.send(head("206 Partial Content", {"Content-Length: 10", "Content-Range: bytes 0-9/300000"}) +
                     content.substr(0, 10));
    to.send(answer(query, content));
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
}

TEST_F(Download, DoesNotGoOnWithoutAValidator) {
  HttpServer server([&](int number, const HttpQuery&, const HttpConnection& to) {
    const std::string whole = head("200 OK", {"Content-Length: " + std::to_string(content.size())}) + content;
    to.send(number == 0 ? whole.substr(0, 100'000) : whole);
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
  EXPECT_EQ(server.queries().at(1).header("range"), "") << "it could be another file by now";
}

TEST_F(Download, AWeakTagIsNoValidatorButADateIs) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number == 0)
      return to.send(
          head("200 OK", {"Content-Length: 300000", "ETag: W/\"1\"", "Last-Modified: Mon, 01 Aug 2022 00:00:00 GMT"}) +
          content.substr(0, 1000));
    to.send(answer(query, content));
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(server.queries().at(1).header("if-range"), "Mon, 01 Aug 2022 00:00:00 GMT");
}

TEST_F(Download, AnAnnouncedLengthThatIsTooLongIsNoWholeFile) {
  options.attempts = 2;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Content-Length: 400000"}) + content);
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_FALSE(fs::exists(request.file));
}

TEST_F(Download, MoreThanItAnnouncedIsNotTaken) {
  // libcurl stops at the announced length; what is there is judged by the checksum and the reader.
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Content-Length: 1000"}) + content);
  });
  const auto result = get(server);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->bytes, 1000);
}

TEST_F(Download, ADropInAChunkedAnswerIsNoEnd) {
  options.attempts = 1;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Transfer-Encoding: chunked"}) + "3e8\r\n" + content.substr(0, 1000) + "\r\n");
  });
  ASSERT_FALSE(get(server));
  EXPECT_FALSE(fs::exists(request.file));
}

TEST_F(Download, AnnouncedTooLargeIsRefusedBeforeItIsSent) {
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Content-Length: 99999999999"}) + content);
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Broken);
  EXPECT_THAT(result.error().message(), HasSubstr("it has 100000.0 MB"));
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, EndlessContentEndsAtTheLimit) {
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK"));
    for (int i = 0; i < 10; ++i) to.send(content);
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Broken);
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, AFileLargerThanTheDiskIsRefused) {
  request.limit = std::int64_t{1} << 60;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Content-Length: " + std::to_string(std::int64_t{1} << 59)}));
    to.stall();
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("no room"));
}

TEST_F(Download, FollowsRedirectsOverHttp) {
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) {
    if (query.path == "/here") return to.send(head("302 Found", {"Location: /there", "Content-Length: 5"}) + "moved");
    to.send(answer(query, content));
  });
  const auto result = get(server, "/here");
  ASSERT_TRUE(result);
  EXPECT_EQ(got(), content);
  EXPECT_EQ(result->url, server.url("/here"));
  EXPECT_EQ(result->final_url, server.url("/there"));
}

TEST_F(Download, DoesNotFollowRedirectsToFiles) {
  ASSERT_TRUE(write_file(folder / "secret", "secret"));
  for (const std::string& target : {"file://" + (folder / "secret").string(), std::string("ftp://127.0.0.1/x"),
                                    std::string("gopher://127.0.0.1/x")}) {
    HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
      to.send(head("302 Found", {"Location: " + target, "Content-Length: 0"}));
    });
    const auto result = get(server);
    ASSERT_FALSE(result) << target;
    EXPECT_THAT(result.error().message(), HasSubstr("not fetched"));
    EXPECT_EQ(server.queries().size(), 1U) << "that does not pass";
    EXPECT_FALSE(fs::exists(request.file));
  }
}

TEST_F(Download, GoesRoundInCirclesOnlySoOften) {
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("302 Found", {"Location: /weights.pth", "Content-Length: 0"}));
  });
  ASSERT_FALSE(get(server));
  EXPECT_LE(server.queries().size(), 9U);
}

TEST_F(Download, EndlessHeadersEnd) {
  options.attempts = 1;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send("HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < 10'000; ++i) to.send("X-Filler: " + std::string(100, 'x') + "\r\n");
  });
  ASSERT_FALSE(get(server));
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, AMissingFileIsNotAskedForAgain) {
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("404 Not Found", {"Content-Length: 4"}) + "gone");
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("404"));
  EXPECT_EQ(server.queries().size(), 1U);
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, AServerInTroubleIsAskedAgain) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number < 2) return to.send(head("500 Internal Server Error", {"Content-Length: 4"}) + "oops");
    to.send(answer(query, content));
  });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
  EXPECT_EQ(server.queries().size(), 3U);
}

TEST_F(Download, AskedAgainAndAgainItGivesUp) {
  options.attempts = 3;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("503 Service Unavailable", {"Content-Length: 0"}));
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("503"));
  EXPECT_EQ(server.queries().size(), 3U);
}

TEST_F(Download, AWebPageIsNoFileAndLeavesThePartAlone) {
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number == 0) return to.send(answer(query, content).substr(0, 100'000));
    to.send(head("200 OK", {"Content-Type: text/html; charset=utf-8", "Content-Length: 20"}) + "<html>log in</html>\n");
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Broken);
  EXPECT_THAT(result.error().message(), HasSubstr("web page"));
  EXPECT_FALSE(fs::exists(request.file));
  EXPECT_GT(part_content().size(), 90'000U);
}

TEST_F(Download, APackedAnswerIsRefused) {
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("200 OK", {"Content-Encoding: gzip", "Content-Length: 5"}) + "12345");
  });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Unsupported);
}

TEST_F(Download, AnEmptyAnswerIsNoFile) {
  options.attempts = 2;
  HttpServer server(
      [&](int, const HttpQuery&, const HttpConnection& to) { to.send(head("200 OK", {"Content-Length: 0"})); });
  ASSERT_FALSE(get(server));
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, GarbageIsNoAnswer) {
  options.attempts = 1;
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) { to.send("\x01\x02 what?\r\n\r\n"); });
  ASSERT_FALSE(get(server));
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, TheNextAddressIsTriedWhereOneFails) {
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) {
    if (query.path == "/gone") return to.send(head("410 Gone", {"Content-Length: 0"}));
    to.send(answer(query, content));
  });
  request.urls = {server.url("/gone"), server.url("/mirror")};
  const auto result = download(request, options, job);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->url, server.url("/mirror"));
}

TEST_F(Download, NobodyListens) {
  options.attempts = 2;
  std::string url;
  {
    HttpServer server([](int, const HttpQuery&, const HttpConnection&) {});
    url = server.url();
  }
  request.urls = {url};
  const auto result = download(request, options, job);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::FileAccess);
}

TEST_F(Download, CancellingEndsAtOnceAndKeepsWhatIsThere) {
  std::stop_source source;
  job.stop = source.get_token();
  HttpServer server([&](int number, const HttpQuery& query, const HttpConnection& to) {
    if (number > 0) return to.send(answer(query, content));
    to.send(answer(query, content).substr(0, 100'000));
    to.stall();
  });
  options.patience.stall_seconds = 60;
  std::jthread user([&] {
    while (part_content().size() < 90'000) std::this_thread::yield();
    source.request_stop();
  });
  const auto start = std::chrono::steady_clock::now();
  const auto result = get(server);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10)) << "the stall would have taken 60 s";
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Cancelled);
  EXPECT_GT(part_content().size(), 90'000U);

  job.stop = {};
  ASSERT_TRUE(get(server)) << "a later download goes on from there";
  EXPECT_EQ(got(), content);
  EXPECT_NE(server.queries().at(1).header("range"), "");
}

TEST_F(Download, CancellingEndsTheWaitBetweenAttempts) {
  std::stop_source source;
  job.stop = source.get_token();
  options.first_wait = std::chrono::seconds(60);
  HttpServer server([&](int, const HttpQuery&, const HttpConnection& to) {
    to.send(head("500 Internal Server Error", {"Content-Length: 0"}));
  });
  job.report = [&](const Progress& progress) {
    if (progress.activity.find("trying again") != std::string_view::npos) source.request_stop();
  };
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::Cancelled);
}

TEST_F(Download, WholeAtTheFirstLookIsNotFetchedAgain) {
  // The program ended between the last byte and the name.
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  {
    auto left = PartFile::open(part());
    ASSERT_TRUE(left);
    ASSERT_TRUE(left->restart({server.url(), "\"1\"", "", std::ssize(content)}));
    ASSERT_TRUE(left->append(std::as_bytes(std::span(content))));
  }
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
}

TEST_F(Download, APartOfAnotherAddressIsNotUsed) {
  {
    auto left = PartFile::open(part());
    ASSERT_TRUE(left->restart({"http://elsewhere/weights.pth", "\"1\"", "", std::nullopt}));
    ASSERT_TRUE(left->append(std::as_bytes(std::span(other_content))));
  }
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  ASSERT_TRUE(get(server));
  EXPECT_EQ(got(), content);
  EXPECT_EQ(server.queries().at(0).header("range"), "");
}

TEST_F(Download, AFileThatIsThereIsLeftAlone) {
  ASSERT_TRUE(write_file(request.file, "mine"));
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  ASSERT_FALSE(get(server));
  EXPECT_EQ(got(), "mine");
  EXPECT_TRUE(server.queries().empty());
}

TEST_F(Download, AFileThatAppearsMeanwhileIsLeftAlone) {
  request.accept = [&](const fs::path&, const std::string&) { return write_file(request.file, "mine"); };
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::FileAccess);
  EXPECT_EQ(got(), "mine");
  EXPECT_EQ(part_content(), content) << "and the download is not lost";
}

TEST_F(Download, TwoAtOnceDoNotMix) {
  auto other = PartFile::open(part());
  ASSERT_TRUE(other);
  ASSERT_TRUE(other->append(std::as_bytes(std::span(other_content))));
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_THAT(result.error().message(), HasSubstr("being downloaded already"));
  EXPECT_EQ(part_content(), other_content);
}

TEST_F(Download, WhatIsNotAcceptedIsRemoved) {
  request.accept = [](const fs::path&, const std::string&) -> Result<void> { return fail(Error::Kind::Broken, "no"); };
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  ASSERT_FALSE(get(server));
  EXPECT_TRUE(nothing_left());
}

TEST_F(Download, AFolderThatCannotBeMadeIsSaid) {
  ASSERT_TRUE(write_file(folder / "taken", "a file"));
  request.file = folder / "taken" / "weights.pth";
  HttpServer server([&](int, const HttpQuery& query, const HttpConnection& to) { to.send(answer(query, content)); });
  const auto result = get(server);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Error::Kind::FileAccess);
}

}  // namespace
}  // namespace orderscope
