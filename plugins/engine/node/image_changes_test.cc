#include "image_changes.h"

#include <gtest/gtest.h>
#include <kj/exception.h>

#include "image_puller.h"

namespace stave::node {
namespace {

using Words = std::vector<std::string>;

TEST(ImageChanges, TakesBothFormsOfACommand) {
  image::RunConfig config;
  applyChanges(config, {R"(CMD ["a", "b c"])", "entrypoint run it"});
  EXPECT_EQ(config.command, (Words{"a", "b c"}));
  EXPECT_EQ(config.entrypoint, (Words{"/bin/sh", "-c", "run it"}));
}

TEST(ImageChanges, ReplacesVariables) {
  image::RunConfig config;
  config.environment = {"A=1", "B=2"};
  applyChanges(config, {"ENV A=3 C=\"x y\"", "ENV D some words"});
  EXPECT_EQ(config.environment, (Words{"A=3", "B=2", "C=x y", "D=some words"}));
}

TEST(ImageChanges, AddsPortsVolumesAndLabels) {
  image::RunConfig config;
  applyChanges(config, {"EXPOSE 80 53/udp", "VOLUME [\"/data\"]", "LABEL a=b", "WORKDIR srv",
                        "USER me", "STOPSIGNAL QUIT"});
  EXPECT_EQ(config.exposedPorts, (Words{"80/tcp", "53/udp"}));
  EXPECT_EQ(config.volumes, Words{"/data"});
  EXPECT_EQ(config.labels.at("a"), "b");
  EXPECT_EQ(config.workingDirectory, "/srv");
  EXPECT_EQ(config.user, "me");
  EXPECT_EQ(config.stopSignal, "QUIT");
}

TEST(ImageChanges, RefusesWhatItDoesNotKnow) {
  image::RunConfig config;
  EXPECT_THROW(applyChanges(config, {"RUN rm -rf /"}), kj::Exception);
  EXPECT_THROW(applyChanges(config, {"CMD"}), kj::Exception);
  EXPECT_THROW(applyChanges(config, {"ENV =x"}), kj::Exception);
}

TEST(ImageChanges, WritesTimesThatItReads) {
  int64_t time = 1'700'000'000'123'456'789;
  EXPECT_EQ(formatTime(time), "2023-11-14T22:13:20.123456789Z");
  EXPECT_EQ(parseTime(formatTime(time)), time);
  EXPECT_EQ(parseTime("2023-11-14T23:13:20+01:00"), 1'700'000'000'000'000'000);
  EXPECT_EQ(parseTime("yesterday"), 0);
}

}  // namespace
}  // namespace stave::node
