#include "syntax.h"

#include <gtest/gtest.h>

#include "flags.h"

namespace stave::cli {
namespace {

TEST(ParseVolume, KnowsPathsNamesAndAnonymousOnes) {
  auto bind = parseVolume("/a:/b:ro", "/cwd");
  EXPECT_EQ(bind.source, "/a");
  EXPECT_EQ(bind.target, "/b");
  EXPECT_TRUE(bind.readOnly);
  EXPECT_EQ(parseVolume("data:/b", "/cwd").source, "data");
  EXPECT_EQ(parseVolume("/only", "/cwd").source, "");
  EXPECT_EQ(parseVolume("./x:/b", "/cwd").source, "/cwd/./x");
  EXPECT_EQ(parseVolume("/a:/b:rslave,nocopy", "/").propagation, "rslave");
}

TEST(ParseVolume, RefusesWhatIsNone) {
  for (auto text : {"", "a:b", "/a:/b:rx", "/a:/b:ro:x", ":/b", "/a:/", "data:relative"}) {
    EXPECT_THROW(parseVolume(text, "/"), UsageError) << text;
  }
}

TEST(ParseMount, ReadsItsFields) {
  auto mount = parseMount("type=bind,source=/a,target=/b,readonly");
  EXPECT_EQ(mount.type, MountFlag::Type::bind);
  EXPECT_EQ(mount.source, "/a");
  EXPECT_TRUE(mount.readOnly);
  auto tmpfs = parseMount("type=tmpfs,dst=/t,tmpfs-size=1m,tmpfs-mode=1770");
  EXPECT_EQ(tmpfs.tmpfsBytes, 1u << 20);
  EXPECT_EQ(tmpfs.tmpfsMode, 01770u);
  EXPECT_EQ(parseMount("src=v,dst=/x").type, MountFlag::Type::volume);
}

TEST(ParseMount, RefusesWhatIsNone) {
  for (auto text : {"", "type=bind,target=/b", "type=nfs,target=/b", "source=/a", "target=b",
                    "type=tmpfs,source=/a,target=/b", "target=/b,frobnicate=1",
                    "type=bind,source=/a,target=/b,readonly=maybe"}) {
    EXPECT_THROW(parseMount(text), UsageError) << text;
  }
}

TEST(ParseTmpfs, TakesSizeAndMode) {
  auto tmpfs = parseTmpfs("/run:size=64m,mode=755,noexec");
  EXPECT_EQ(tmpfs.target, "/run");
  EXPECT_EQ(tmpfs.bytes, 64u << 20);
  EXPECT_EQ(tmpfs.mode, 0755u);
  EXPECT_EQ(tmpfs.options, "noexec");
  EXPECT_THROW(parseTmpfs("run"), UsageError);
}

TEST(ParsePorts, KnowsEachForm) {
  auto plain = parsePorts("80").at(0);
  EXPECT_EQ(plain.container, 80);
  EXPECT_EQ(plain.host, 0);
  auto mapped = parsePorts("127.0.0.1:8080:80/udp").at(0);
  EXPECT_EQ(mapped.address, "127.0.0.1");
  EXPECT_EQ(mapped.host, 8080);
  EXPECT_EQ(mapped.protocol, "udp");
  EXPECT_EQ(parsePorts("[::1]:8080:80").at(0).address, "::1");
  EXPECT_EQ(parsePorts("127.0.0.1::80").at(0).host, 0);
}

TEST(ParsePorts, KnowsRanges) {
  auto ports = parsePorts("9000-9002:80-82");
  ASSERT_EQ(ports.size(), 3u);
  EXPECT_EQ(ports[2].host, 9002);
  EXPECT_EQ(ports[2].container, 82);
  auto choice = parsePorts("9000-9010:80");
  ASSERT_EQ(choice.size(), 1u);
  EXPECT_EQ(choice[0].host, 9000);
  EXPECT_EQ(choice[0].hostEnd, 9010);
}

TEST(ParsePorts, RefusesWhatIsNone) {
  for (auto text : {"", "x", "0", "65536", "80/icmp", "1:2:3:4", "9000-9002:80-81", "9-8:80", "-1",
                    "[::1:80:80", "80:"}) {
    EXPECT_THROW(parsePorts(text), UsageError) << text;
  }
}

TEST(ParseUlimit, HasOneOrTwoLimits) {
  EXPECT_EQ(parseUlimit("nofile=10:20").hard, 20u);
  EXPECT_EQ(parseUlimit("nofile=10").hard, 10u);
  EXPECT_EQ(parseUlimit("core=-1").soft, ~uint64_t(0));
  for (auto text : {"nofile", "=1", "nofile=x", "nofile=2:1", "nofile=1:2:3"}) {
    EXPECT_THROW(parseUlimit(text), UsageError) << text;
  }
}

TEST(ParseDevice, FillsInWhatIsLeftOut) {
  EXPECT_EQ(parseDevice("/dev/a").container, "/dev/a");
  EXPECT_EQ(parseDevice("/dev/a:r").permissions, "r");
  EXPECT_EQ(parseDevice("/dev/a:/dev/b:rw").container, "/dev/b");
  EXPECT_THROW(parseDevice("/dev/a:/dev/b:x"), UsageError);
  EXPECT_THROW(parseDevice("a"), UsageError);
  EXPECT_THROW(parseDevice(""), UsageError);
}

TEST(ParseRestart, KnowsFourModes) {
  EXPECT_EQ(parseRestart("on-failure:3").retries, 3u);
  EXPECT_EQ(parseRestart("always").mode, "always");
  EXPECT_THROW(parseRestart("sometimes"), UsageError);
  EXPECT_THROW(parseRestart("always:3"), UsageError);
}

TEST(ParseCpus, CountsThousandths) {
  EXPECT_EQ(parseCpus("1.5"), 1500u);
  EXPECT_EQ(parseCpus(".25"), 250u);
  EXPECT_EQ(parseCpus("2"), 2000u);
  for (auto text : {"", "x", "1.2345", "-1", "."})
    EXPECT_THROW(parseCpus(text), UsageError) << text;
}

TEST(ParseDetachKeys, GivesBytes) {
  EXPECT_EQ(parseDetachKeys("ctrl-p,ctrl-q"), "\x10\x11");
  EXPECT_EQ(parseDetachKeys("a,ctrl-["), "a\x1b");
  EXPECT_THROW(parseDetachKeys("ctrl-p,,"), UsageError);
}

TEST(ParseLines, SkipsCommentsAndBlanks) {
  EXPECT_EQ(parseLines("# no\n\nA=1\r\n  B=2\n"), (std::vector<std::string>{"A=1", "B=2"}));
}

}  // namespace
}  // namespace stave::cli
