// SPDX-License-Identifier: GPL-3.0-or-later
#include "core/run/session_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <map>
#include <random>

#include "core/base/files.h"
#include "core/run/session_sources.h"
#include "core/run/trusted_sessions.h"
#include "tests/temporary_folder.h"

namespace orderscope {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;
using testing::HasSubstr;

SessionFile full_session(const fs::path& folder) {
  SessionFile session;
  session.models = {{folder / "models" / "hornet.pth", std::string(64, 'a'), 12, {}},
                    {folder.parent_path() / "elsewhere" / "swin.pth", {}, -1, {}}};
  session.images = {{folder / "photos" / "cät ☃.jpg", std::string(64, '0'), 3, {}}};
  session.model = 1;
  session.image = 0;
  session.block = "stages.2.3";
  session.class_index = 281;
  session.region = PhotoRegion{10, 20, 30, 40};
  session.page = "orders";
  session.pages["orders"] = {{"opacity", 0.7}, {"anything", {1, 2, {{"deep", nullptr}}}}};
  session.methods["gradcam"]["layer"] = "stages.3.1";
  session.figure.title = "Orders of a gnConv";
  session.figure.width_mm = 139.7;
  session.figure.notes = {"a note"};
  FigurePanelPlan panel;
  panel.view = "method";
  panel.method = "gradcam";
  panel.parameters["layer"] = "stages.3.1";
  panel.model = 0;
  panel.image = 0;
  panel.width = 0.5;
  panel.class_index = 3;
  panel.shown = false;
  panel.settings = {{"opacity", 0.5}};
  FigurePanelPlan stored;
  stored.view = "stored";
  stored.content = {{"kind", "table"}};
  session.figure.panels = {panel, stored};
  return session;
}

TEST(SessionFile, ComesBackAsItWasWritten) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "a.orderscope";
  const SessionFile written = full_session(folder.path());
  ASSERT_TRUE(write_session(written, file));
  const auto read = read_session(file);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(session_text(*read, file), session_text(written, file));
  EXPECT_EQ(read->models[1].path, written.models[1].path);
  EXPECT_EQ(read->images[0].path, written.images[0].path);
  EXPECT_EQ(read->class_index, 281);
  EXPECT_EQ(read->region, (PhotoRegion{10, 20, 30, 40}));
  EXPECT_EQ(read->pages.at("orders"), written.pages.at("orders"));
  EXPECT_EQ(read->figure.panels[0].parameters.at("layer"), "stages.3.1");
  EXPECT_FALSE(read->figure.panels[0].shown);
  EXPECT_DOUBLE_EQ(read->figure.width_mm, 139.7);
}

TEST(SessionFile, PathsAreRelativeToTheFileSoThatAFolderMayMove) {
  const test::TemporaryFolder folder;
  const json text = json::parse(session_text(full_session(folder.path()), folder / "a.orderscope"));
  EXPECT_EQ(text["models"][0]["path"], "models/hornet.pth");
  EXPECT_EQ(text["models"][1]["path"], "../elsewhere/swin.pth");
  const auto moved = parse_session(text.dump(), "/other/place/a.orderscope");
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->models[0].path, "/other/place/models/hornet.pth");
  EXPECT_EQ(moved->models[1].path, "/other/elsewhere/swin.pth");
}

TEST(SessionFile, PagesNameModelsAndRunsSoThatAFolderMayMove) {
  const test::TemporaryFolder folder;
  SessionFile session = full_session(folder.path());
  const std::string hornet = session.models[0].path.string(), swin = session.models[1].path.string();
  session.pages["compare"] = {{"layers", {hornet, 1, swin, 2}}, {"left_out", {swin}}, {"class", "a cat"}};
  session.pages["data-set"] = {{"run", (folder / "runs" / "val").string()}};
  session.pages["receptive-field"] = {{"folder", (folder / "photos").string()}};
  const json text = json::parse(session_text(session, folder / "a.orderscope"));
  EXPECT_EQ(text["pages"]["compare"]["left_out"], (json{{{"model", 1}}}));
  EXPECT_EQ(text["pages"]["data-set"]["run"], "runs/val");
  EXPECT_EQ(text["pages"]["receptive-field"]["folder"], "photos");
  const auto moved = parse_session(text.dump(), "/other/place/a.orderscope");
  ASSERT_TRUE(moved) << moved.error().message();
  EXPECT_EQ(moved->pages.at("compare")["layers"],
            (json{"/other/place/models/hornet.pth", 1, "/other/elsewhere/swin.pth", 2}));
  EXPECT_EQ(moved->pages.at("compare")["class"], "a cat");
  EXPECT_EQ(moved->pages.at("data-set")["run"], "/other/place/runs/val");
  EXPECT_EQ(moved->pages.at("receptive-field")["folder"], "/other/place/photos");
  // A place that the list does not have stays what it is, for the page to make nothing of.
  json nonsense = text;
  nonsense["pages"]["compare"]["left_out"] = {{{"model", 7}}};
  EXPECT_EQ(parse_session(nonsense.dump(), "/a.orderscope")->pages.at("compare")["left_out"], (json{{{"model", 7}}}));

  SessionFile found = *moved;
  move_model(found, 0, "/found/hornet.pth");
  EXPECT_EQ(found.models[0].path, "/found/hornet.pth");
  EXPECT_EQ(found.pages.at("compare")["layers"][0], "/found/hornet.pth");
}

TEST(SessionFile, KeepsAFileNameThatIsNoText) {
  const fs::path file = "/home/someone/a.orderscope";
  SessionFile session;
  session.images = {{fs::path("/home/someone/caf\xe9.jpg"), {}, -1, {}}};
  const auto read = parse_session(session_text(session, file), file);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->images[0].path, session.images[0].path);
}

TEST(SessionFile, KeepsFieldsOfLaterVersions) {
  const fs::path file = "/home/someone/a.orderscope";
  json text = json::parse(session_text(full_session("/work"), file));
  text["later"] = {1, 2};
  text["models"][0]["key"] = "model_ema";
  text["figure"]["frame"] = true;
  text["figure"]["panels"][0]["angle"] = 30;
  const auto read = parse_session(text.dump(), file);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(json::parse(session_text(*read, file)), text);
}

TEST(SessionFile, RefusesWhatItCannotReadAndSaysWhere) {
  const fs::path file = "/home/someone/a.orderscope";
  const std::string good = session_text(full_session("/work"), file);
  const auto refused = [&](const std::string& text) {
    const auto read = parse_session(text, file);
    return read ? std::string("accepted") : read.error().message();
  };
  const auto changed = [&](const char* pointer, const json& value) {
    json text = json::parse(good);
    text[json::json_pointer(pointer)] = value;
    return refused(text.dump());
  };
  EXPECT_THAT(refused(""), HasSubstr("not an OrderScope session"));
  EXPECT_THAT(refused("PK\3\4"), HasSubstr("not an OrderScope session"));
  EXPECT_THAT(refused("[]"), HasSubstr("not an OrderScope session"));
  EXPECT_THAT(refused(R"({"format": 5})"), HasSubstr("not an OrderScope session"));
  EXPECT_THAT(refused(good.substr(0, good.size() / 2)), HasSubstr("no valid JSON"));
  EXPECT_THAT(changed("/version", 2), HasSubstr("later OrderScope"));
  EXPECT_THAT(changed("/version", "1"), HasSubstr("version must be a whole number"));
  EXPECT_THAT(changed("/version", 1e300), HasSubstr("version must be a whole number"));
  EXPECT_THAT(changed("/chosen/model", 2), HasSubstr("chosen.model must be a whole number from 0 to 1"));
  EXPECT_THAT(changed("/chosen/model", 18446744073709551615ULL), HasSubstr("chosen.model"));
  EXPECT_THAT(changed("/chosen/class", -1), HasSubstr("chosen.class"));
  EXPECT_THAT(changed("/chosen/region", {1, 2, 3}), HasSubstr("chosen.region must be x, y, width and height"));
  EXPECT_THAT(changed("/chosen/region", {1, 2, 0, 4}), HasSubstr("chosen.region"));
  EXPECT_THAT(changed("/models", "x"), HasSubstr("models must be a list"));
  EXPECT_THAT(changed("/models/0", 7), HasSubstr("models[0] must be a JSON object"));
  EXPECT_THAT(changed("/models/0/path", nullptr), HasSubstr("models[0].path is missing"));
  EXPECT_THAT(changed("/models/0/path", std::string("a\0b", 3)), HasSubstr("zero byte"));
  EXPECT_THAT(changed("/images/0/sha256", "XYZ"), HasSubstr("images[0].sha256"));
  EXPECT_THAT(changed("/images/0/size", 1e40), HasSubstr("images[0].size"));
  EXPECT_THAT(changed("/methods/gradcam/layer", 5), HasSubstr("methods.gradcam.layer must be a text"));
  EXPECT_THAT(changed("/figure/width_mm", 1e9), HasSubstr("figure.width_mm"));
  EXPECT_THAT(changed("/figure/dpi", 1), HasSubstr("figure.dpi"));
  EXPECT_THAT(changed("/figure/panels/0/image", 1), HasSubstr("figure.panels[0].image"));
  EXPECT_THAT(changed("/figure/panels/1/view", ""), HasSubstr("figure.panels[1].view is missing"));
  EXPECT_THAT(refused(R"({"format": "orderscope-session", "version": 1, "page": 1e999})"), HasSubstr("no valid JSON"));
  // A thousand and a hundred thousand brackets: neither the parser nor what walks the tree runs out of stack.
  for (const std::size_t depth : {1000U, 100'000U}) {
    const std::string nested = R"({"format": "orderscope-session", "version": 1, "later": )" + std::string(depth, '[') +
                               std::string(depth, ']') + "}";
    EXPECT_THAT(refused(nested), HasSubstr("nested more than 64 deep"));
  }
}

TEST(SessionFile, AMutatedFileIsReadOrRefusedButNeverMore) {
  const fs::path file = "/home/someone/a.orderscope";
  const std::string good = session_text(full_session("/work"), file);
  const std::vector<std::string> tokens{"null",        "-1",
                                        "1e308",       "18446744073709551616",
                                        "\"\\u0000\"", "{}",
                                        "[]",          "true",
                                        "\"\"",        "{\"a\":[[[]]]}",
                                        ",",           "\"",
                                        "\\",          "\xff",
                                        "[[[[",        "}"};
  std::mt19937 random(7);
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  int read_count = 0;
  constexpr int kRounds = 4000;
  for (int round = 0; round < kRounds; ++round) {
    std::string text = good;
    for (std::size_t change = 1 + below(3); change > 0 && !text.empty(); --change) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0: text[at] = static_cast<char>(random()); break;
        case 1: text.erase(at, 1 + below(20)); break;
        case 2: text.insert(at, tokens[below(tokens.size())]); break;
        case 3: {
          // A value for a value keeps the JSON well formed, so that the fields' own checks are reached.
          const std::size_t colon = text.find(": ", at);
          if (colon == std::string::npos) break;
          const std::size_t end = text.find_first_of(",\n", colon);
          text.replace(colon + 2, end - colon - 2, tokens[below(10)]);
          break;
        }
        default: text.resize(at);
      }
    }
    const auto read = parse_session(text, file);
    if (!read) {
      ASSERT_FALSE(read.error().what.empty());
      continue;
    }
    ++read_count;
    // What was accepted can be written and read again.
    const auto again = parse_session(session_text(*read, file), file);
    ASSERT_TRUE(again) << again.error().message() << "\n" << text;
    ASSERT_EQ(session_text(*again, file), session_text(*read, file));
  }
  // Otherwise only the parser was tested.
  EXPECT_GT(read_count, kRounds / 50);
}

TEST(SessionFile, OpensNothingButFiles) {
  const test::TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe.orderscope").c_str(), 0600), 0);
  EXPECT_THAT(read_session(folder / "pipe.orderscope").error().message(), HasSubstr("not a file"));
  EXPECT_EQ(read_session(folder.path()).error().kind, Error::Kind::FileAccess);
  EXPECT_EQ(read_session(folder / "none.orderscope").error().kind, Error::Kind::FileAccess);
  EXPECT_FALSE(file_sha256(folder / "pipe.orderscope"));
}

class Sources : public testing::Test {
 protected:
  Sources() {
    for (const char* name : {"a.pth", "b.jpg"})
      EXPECT_TRUE(write_file(folder / name, std::string("content of ") + name));
    session.models = {{folder / "a.pth", {}, -1, {}}};
    session.images = {{folder / "b.jpg", {}, -1, {}}};
    EXPECT_TRUE(complete_hashes(session));
  }

  test::TemporaryFolder folder;
  SessionFile session;
};

TEST_F(Sources, AreKnownByHashAndSize) {
  EXPECT_EQ(session.images[0].size, 16);
  // sha256sum of the same bytes
  EXPECT_EQ(session.images[0].sha256, *file_sha256(folder / "b.jpg"));
  EXPECT_EQ(session.images[0].sha256.size(), 64U);
  const auto checks = find_sources(session, {}, PathScope::anywhere());
  ASSERT_TRUE(checks);
  for (const SourceCheck& check : *checks) EXPECT_EQ(check.state, SourceState::Found);
  EXPECT_FALSE(missing_sources(session, *checks, ""));
}

TEST_F(Sources, AreFoundByHashWhereTheyWereMovedUnderAnotherNameToo) {
  fs::create_directories(folder / "deep/er");
  ASSERT_TRUE(write_file(folder / "deep/b.jpg", "CONTENT OF b.jpg")) << "the name and size, but not the bytes";
  fs::rename(folder / "b.jpg", folder / "deep/er/renamed.jpg");
  fs::rename(folder / "a.pth", folder / "deep/a.pth");
  const auto checks = find_sources(session, {folder.path()}, PathScope::anywhere());
  ASSERT_TRUE(checks);
  EXPECT_EQ((*checks)[0].state, SourceState::Moved);
  EXPECT_EQ((*checks)[1].state, SourceState::Moved);
  EXPECT_EQ(session.models[0].path, folder / "deep/a.pth");
  EXPECT_EQ(session.images[0].path, folder / "deep/er/renamed.jpg");
}

TEST_F(Sources, AreNamedWhenTheyAreMissingOrNoLongerTheSame) {
  fs::remove(folder / "a.pth");
  ASSERT_TRUE(write_file(folder / "b.jpg", "another picture"));
  const auto checks = find_sources(session, {folder.path()}, PathScope::anywhere());
  ASSERT_TRUE(checks);
  EXPECT_EQ((*checks)[0].state, SourceState::Missing);
  EXPECT_EQ((*checks)[1].state, SourceState::Changed);
  const auto error = missing_sources(session, *checks, "use --find DIR");
  ASSERT_TRUE(error);
  EXPECT_THAT(error->message(), testing::AllOf(HasSubstr("a.pth is missing"), HasSubstr("b.jpg has changed"),
                                               HasSubstr(session.images[0].sha256.substr(0, 16)), HasSubstr("--find")));
}

TEST_F(Sources, OutsideTheFolderAreNotLookedAt) {
  const test::TemporaryFolder elsewhere;
  ASSERT_TRUE(write_file(elsewhere / "private.jpg", std::string_view("a picture")));
  fs::create_symlink(elsewhere / "private.jpg", folder / "link.jpg");
  fs::create_directory_symlink(elsewhere.path(), folder / "photos");
  const PathScope own = PathScope::below({folder.path()});
  for (const fs::path& path :
       {elsewhere / "private.jpg", elsewhere / "none.jpg", folder / "link.jpg", folder / "photos" / "private.jpg",
        folder / ".." / elsewhere.path().filename() / "private.jpg"}) {
    SCOPED_TRACE(path);
    session.images = {{path, {}, -1, {}}};
    const auto checks = find_sources(session, {folder.path()}, own);
    ASSERT_TRUE(checks);
    EXPECT_EQ((*checks)[0].state, SourceState::Found) << "the model beside the session";
    EXPECT_EQ((*checks)[1].state, SourceState::Outside);
    EXPECT_TRUE(any_outside(*checks));
    EXPECT_THAT(missing_sources(session, *checks, "")->message(), HasSubstr("lies outside the session's folder"));
    EXPECT_FALSE(any_outside(*find_sources(session, {}, PathScope::anywhere())));
  }
  session.images = {{elsewhere / "private.jpg", {}, -1, {}}};
  EXPECT_FALSE(any_outside(*find_sources(session, {}, PathScope::below({folder.path(), elsewhere.path()}))));
}

TEST_F(Sources, OfTheSameBytesInsideTakeThePlaceOfThoseOutside) {
  const test::TemporaryFolder elsewhere;
  session.images[0].path = elsewhere / "cat.jpg";
  ASSERT_TRUE(write_file(elsewhere / "cat.jpg", "content of b.jpg"));
  const auto checks = find_sources(session, {folder.path()}, PathScope::below({folder.path()}));
  EXPECT_EQ((*checks)[1].state, SourceState::Moved);
  EXPECT_EQ(session.images[0].path, folder / "b.jpg");
}

TEST_F(Sources, ARunOrAFolderOfPicturesOutsideIsLeftOutToo) {
  for (const auto& [page, setting] : kPagePlaces) {
    for (const auto& [path, outside] :
         std::map<std::string, bool>{{folder / "run", false}, {"/run", true}, {"", false}}) {
      session.pages[page] = {{setting, path}, {"text", "cat"}};
      const auto checks = find_sources(session, {}, PathScope::below({folder.path()}));
      EXPECT_EQ(any_outside(*checks), outside) << path;
      if (outside) {
        EXPECT_THAT(missing_sources(session, *checks, {})->message(), HasSubstr(std::string(setting) + " /run lies"));
      }
      drop_unusable(session, *checks);
      EXPECT_EQ(session.pages[page][setting], outside ? "" : path);
      EXPECT_EQ(session.pages[page]["text"], "cat");
    }
  }
}

TEST(TrustedSessions, AreKnownByTheirPlaceAndBytes) {
  const test::TemporaryFolder folder;
  const fs::path file = folder / "s.orderscope";
  ASSERT_TRUE(write_file(file, "a session"));
  const TrustedSessions trusted(folder / "data/trusted-sessions");
  EXPECT_FALSE(trusted.contains(file));
  EXPECT_FALSE(scope_of_session(file, trusted).contains("/etc/passwd"));
  EXPECT_TRUE(scope_of_session(file, trusted).contains(folder / "deep/photo.jpg"));
  EXPECT_TRUE(scope_of_session(file, trusted, {"/etc"}).contains("/etc/passwd"));
  ASSERT_TRUE(trusted.add(file));
  ASSERT_TRUE(trusted.add(file));
  EXPECT_TRUE(trusted.contains(file));
  EXPECT_TRUE(scope_of_session(file, trusted).is_anywhere());
  EXPECT_EQ(read_text_file(folder / "data/trusted-sessions")->size(), 65U) << "once";

  fs::copy_file(file, folder / "copy.orderscope");
  EXPECT_FALSE(trusted.contains(folder / "copy.orderscope")) << "relative paths mean something else there";
  ASSERT_TRUE(write_file(file, "another session"));
  EXPECT_FALSE(trusted.contains(file));
  EXPECT_FALSE(TrustedSessions().contains(file));
  EXPECT_TRUE(TrustedSessions().add(file)) << "nothing to remember";
  ASSERT_TRUE(write_file(folder / "data/trusted-sessions", std::string(1 << 20, 'x')));
  EXPECT_FALSE(trusted.contains(file)) << "a list that is none";
}

TEST(TrustedSessions, ARunIsKnownByItsPlaceAndSettings) {
  const test::TemporaryFolder folder;
  const TrustedSessions trusted(folder / "data/trusted-sessions");
  EXPECT_FALSE(scope_of_run(folder / "run", "{}", trusted).is_anywhere());
  ASSERT_TRUE(trusted.add_run(folder / "run", "{}")) << "it need not exist yet";
  std::filesystem::create_directories(folder / "run");
  EXPECT_TRUE(scope_of_run(folder / "run", "{}", trusted).is_anywhere());
  EXPECT_TRUE(trusted.contains_run(folder / "run/", "{}"));
  EXPECT_TRUE(trusted.contains_run(folder / "other/../run", "{}"));
  EXPECT_FALSE(trusted.contains_run(folder / "run", "{ }")) << "other settings";
  EXPECT_FALSE(trusted.contains_run(folder / "moved", "{}"));
  EXPECT_FALSE(trusted.contains(folder / "run")) << "no session";
  const PathScope scope = scope_of_run(folder / "run", "{ }", trusted);
  EXPECT_TRUE(scope.contains(folder / "run/a.png"));
  EXPECT_FALSE(scope.contains(folder / "a.png"));
  EXPECT_FALSE(TrustedSessions().contains_run(folder / "run", "{}"));
}

TEST(TrustedSessions, TheOldestAreForgotten) {
  const test::TemporaryFolder folder;
  ASSERT_TRUE(write_file(folder / "s", "a session"));
  std::string full;
  for (int i = 0; i < 2000; ++i) full += std::string(60, 'a') + std::to_string(1000 + i) + '\n';
  ASSERT_TRUE(write_file(folder / "list", full));
  const TrustedSessions trusted(folder / "list");
  ASSERT_TRUE(trusted.add(folder / "s"));
  EXPECT_TRUE(trusted.contains(folder / "s"));
  const std::string list = *read_text_file(folder / "list");
  EXPECT_EQ(list.size(), 2000U * 65);
  EXPECT_THAT(list, testing::StartsWith(std::string(60, 'a') + "1001\n"));
}

TEST_F(Sources, CanBeLeftOut) {
  session.images.push_back({folder / "none.jpg", {}, -1, {}});
  std::swap(session.images[0], session.images[1]);
  session.model = 0;
  session.image = 1;
  for (const int image : {0, 1}) {
    FigurePanelPlan panel;
    panel.view = "scores";
    panel.model = 0;
    panel.image = image;
    session.figure.panels.push_back(panel);
  }
  const auto checks = find_sources(session, {}, PathScope::anywhere());
  ASSERT_TRUE(checks);
  drop_unusable(session, *checks);
  ASSERT_EQ(session.images.size(), 1U);
  EXPECT_EQ(session.images[0].path.filename(), "b.jpg");
  EXPECT_EQ(session.image, 0) << "the same picture at its new place";
  ASSERT_EQ(session.figure.panels.size(), 1U);
  EXPECT_EQ(session.figure.panels[0].image, 0);
}

TEST_F(Sources, AreCheckedUntilSomebodyStopsIt) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(find_sources(session, {}, PathScope::anywhere(), {stop.get_token(), {}}).error().kind,
            Error::Kind::Cancelled);
}

}  // namespace
}  // namespace orderscope
