#include <stave/store/index.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace stave {

namespace {

const StoreRange everything{"", std::string(1, '\0')};

/// The index with one write per revision.
class Writer {
 public:
  uint64_t put(const std::string& key, const std::string& value, uint64_t lease = 0) {
    return write(key, std::make_shared<const std::string>(value), lease);
  }
  uint64_t remove(const std::string& key) { return write(key, nullptr, 0); }

  std::vector<std::string> keysAt(uint64_t revision) {
    std::vector<std::string> keys;
    for (auto& found : index.select(everything, revision, 0).found) keys.push_back(*found.key);
    return keys;
  }

  StoreIndex index;

 private:
  uint64_t write(const std::string& key, std::shared_ptr<const std::string> value, uint64_t lease) {
    StoreVersion version;
    version.modRevision = index.revision() + 1;
    version.lease = lease;
    version.value = std::move(value);
    index.apply({key, version});
    return version.modRevision;
  }
};

}  // namespace

TEST(StoreRange, ContainsByBytes) {
  EXPECT_TRUE((StoreRange{"a", ""}.contains("a")));
  EXPECT_FALSE((StoreRange{"a", ""}.contains("aa")));
  EXPECT_TRUE((StoreRange{"a", "b"}.contains("aa")));
  EXPECT_FALSE((StoreRange{"a", "b"}.contains("b")));
  EXPECT_TRUE((StoreRange{"a", std::string(1, '\0')}.contains("\xff\xff")));
}

TEST(StoreIndex, KeepsEachState) {
  Writer writer;
  auto first = writer.put("a", "1");
  auto second = writer.put("b", "1");
  auto third = writer.remove("a");
  EXPECT_EQ(writer.keysAt(first - 1), (std::vector<std::string>{}));
  EXPECT_EQ(writer.keysAt(second), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(writer.keysAt(third), (std::vector<std::string>{"b"}));
  EXPECT_EQ(writer.index.liveKeys(), 1u);
  EXPECT_EQ(writer.index.find("a"), nullptr);
}

TEST(StoreIndex, StopsAtLimits) {
  Writer writer;
  for (auto key : {"a", "b", "c"}) writer.put(key, "12345");
  EXPECT_EQ(writer.index.select(everything, 4, 2).found.size(), 2u);
  EXPECT_TRUE(writer.index.select(everything, 4, 2).more);
  auto byBytes = writer.index.select(everything, 4, 0, 12);
  EXPECT_EQ(byBytes.found.size(), 2u);
  EXPECT_TRUE(byBytes.more);
  EXPECT_EQ(writer.index.select(everything, 4, 0, 1).found.size(), 1u);
}

TEST(StoreIndex, ForgetsExactlyWhatNobodyCanAskFor) {
  Writer writer;
  writer.put("a", "1");              // 2
  writer.put("gone", "1");           // 3
  writer.remove("gone");             // 4
  writer.put("a", "2");              // 5
  auto last = writer.put("a", "3");  // 6
  auto forgotten = writer.index.compact(5);
  ASSERT_EQ(forgotten.size(), 3u);
  EXPECT_EQ(writer.keysAt(5), (std::vector<std::string>{"a"}));
  EXPECT_EQ(writer.index.written(5, everything).size(), 1u);
  EXPECT_TRUE(writer.index.written(4, everything).empty());
  EXPECT_EQ(writer.index.compact(last).size(), 1u);
  EXPECT_EQ(writer.index.compact(last).size(), 0u);
}

TEST(StoreIndex, KeepsADeletionAtTheCompactRevision) {
  Writer writer;
  writer.put("a", "1");
  auto deletion = writer.remove("a");
  writer.index.compact(deletion);
  ASSERT_EQ(writer.index.written(deletion, everything).size(), 1u);
  EXPECT_TRUE(writer.index.written(deletion, everything)[0].version->deleted());
  writer.put("b", "1");
  EXPECT_EQ(writer.index.compact(deletion + 1).size(), 1u);
}

TEST(StoreIndex, KnowsTheKeysOfALease) {
  Writer writer;
  writer.put("a", "1", 7);
  writer.put("b", "1", 7);
  writer.put("a", "2", 8);
  EXPECT_EQ(writer.index.keysOfLease(7), (std::vector<std::string>{"b"}));
  writer.remove("b");
  EXPECT_TRUE(writer.index.keysOfLease(7).empty());
  EXPECT_EQ(writer.index.keysOfLease(8), (std::vector<std::string>{"a"}));
}

/// Against the simplest model: a copy of the whole state per revision.
TEST(StoreIndex, AgreesWithCopiesOfEachStateWhateverIsCompacted) {
  std::mt19937 random(7);
  Writer writer;
  std::map<uint64_t, std::map<std::string, std::string>> states{{1, {}}};
  for (int step = 0; step < 4'000; ++step) {
    auto key = "k" + std::to_string(random() % 20);
    auto state = states[writer.index.revision()];
    if (random() % 3 == 0) {
      if (state.erase(key) == 0) continue;
      writer.remove(key);
    } else {
      writer.put(key, state[key] = std::to_string(step));
    }
    states[writer.index.revision()] = state;
    auto newest = writer.index.revision();
    auto earlier = [&](uint64_t most) { return newest - std::min(newest - 1, random() % most); };
    if (random() % 50 == 0) writer.index.compact(earlier(30));
    auto revision = std::max(writer.index.compactRevision(), earlier(40));
    std::map<std::string, std::string> found;
    for (auto& entry : writer.index.select(everything, revision, 0).found) {
      found[*entry.key] = *entry.version->value;
    }
    ASSERT_EQ(found, states[revision]) << "at revision " << revision;
  }
}

}  // namespace stave
