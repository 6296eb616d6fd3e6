#include "kernel/log/log.h"

#include <capnp/message.h>
#include <gtest/gtest.h>

#include <regex>

namespace stave {
namespace {

using Level = schema::LogLevel;

/// What goes to standard error meanwhile.
template <typename Work>
std::string captured(Work work) {
  ::testing::internal::CaptureStderr();
  work();
  return ::testing::internal::GetCapturedStderr();
}

struct LogTest : ::testing::Test {
  ~LogTest() noexcept override { setLogLevel(Level::INFO); }
};

TEST_F(LogTest, ALineHasTimeLevelAndSource) {
  setLogLevel(Level::INFO);
  auto line = captured([]() { log(Level::INFO, "store/sqlite", "loaded {} %s"); });
  std::regex form(
      "\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3} info "
      "store/sqlite: loaded \\{\\} %s\n");
  EXPECT_TRUE(std::regex_match(line, form)) << line;
}

TEST_F(LogTest, WhatIsBelowTheLevelIsDropped) {
  setLogLevel(Level::WARNING);
  EXPECT_EQ(captured([]() { log(Level::INFO, "kernel", "x"); }), "");
  EXPECT_NE(captured([]() { log(Level::WARNING, "kernel", "x"); }).find(" warning kernel: x"),
            std::string::npos);
  EXPECT_NE(captured([]() { log(Level::ERROR, "kernel", "x"); }).find(" error kernel: x"),
            std::string::npos);
  setLogLevel(Level::TRACE);
  EXPECT_NE(captured([]() { log(Level::TRACE, "kernel", "x"); }).find(" trace kernel: x"),
            std::string::npos);
}

TEST_F(LogTest, FieldsFollowTheMessage) {
  capnp::MallocMessageBuilder message;
  auto fields = message.initRoot<capnp::List<schema::KeyValue>>(2);
  fields[0].setKey("pod");
  fields[0].setValue("web");
  fields[1].setKey("code");
  fields[1].setValue("3");
  EXPECT_EQ(withFields("ended", fields.asReader()), "ended pod=web code=3");
}

}  // namespace
}  // namespace stave
