// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/gui/command_line.h"

#include <gtest/gtest.h>

#include <QTemporaryDir>

#include "app/gui/file_kind.h"
#include "core/base/files.h"

namespace orderscope {
namespace {

TEST(CommandLine, TakesFilesAndExports) {
  const auto parsed = parse_command_line(
      {"orderscope", "m.pth", "a.jpg", "--export-window", "w.png", "--theme", "light", "--window-size", "1280x800"});
  ASSERT_FALSE(parsed.exit_code.has_value()) << parsed.text.toStdString();
  EXPECT_EQ(parsed.options.files.size(), 2U);
  EXPECT_EQ(parsed.options.theme, ThemeKind::Light);
  EXPECT_EQ(parsed.options.window_size, QSize(1280, 800));
  EXPECT_TRUE(parsed.options.exports());
  EXPECT_FALSE(parsed.options.allow_outside);
  EXPECT_TRUE(parse_command_line({"orderscope", "--session", "s", "--allow-outside"}).options.allow_outside);
}

TEST(CommandLine, LeavesWithTwoOnWrongUsageAndZeroOnHelp) {
  const std::vector<QStringList> wrong{
      {"--nope"}, {"--theme", "blue"}, {"--window-size", "3"}, {"--export-window", "x.jpg"}, {"--export-session", ""}};
  for (const QStringList& arguments : wrong) {
    const auto parsed = parse_command_line(QStringList{"orderscope"} + arguments);
    EXPECT_EQ(parsed.exit_code, 2) << arguments.join(' ').toStdString();
    EXPECT_FALSE(parsed.text.contains('\n')) << "one line";
  }
  EXPECT_EQ(parse_command_line({"orderscope", "--help"}).exit_code, 0);
}

TEST(FileKind, IsToldByContentBeforeTheName) {
  QTemporaryDir folder;
  const auto file = [&](const char* name, std::string_view content) {
    const auto path = std::filesystem::path(folder.path().toStdString()) / name;
    EXPECT_TRUE(write_file(path, content));
    return path;
  };
  EXPECT_EQ(classify_file(file("photo.pth", "\xFF\xD8\xFF\xE0 jpeg")), FileKind::Image);
  EXPECT_EQ(classify_file(file("model.jpg", "PK\3\4 zip")), FileKind::Model);
  EXPECT_EQ(classify_file(file("legacy", "\x80\x02 pickle")), FileKind::Model);
  EXPECT_EQ(classify_file(file("empty.png", "")), FileKind::Image)
      << "so that the reader can say what is wrong with it";
  EXPECT_EQ(classify_file(file("notes.txt", "hello")), FileKind::Unknown);
  EXPECT_EQ(classify_file(folder.path().toStdString()), FileKind::Folder);
  EXPECT_EQ(classify_file("/nonexistent.png"), FileKind::Missing);
  EXPECT_EQ(images_in(folder.path().toStdString()).size(), 2U);
}

}  // namespace
}  // namespace orderscope
