#include "kernel/event/history.h"

#include <gtest/gtest.h>

#include "kernel/object/test_versions.h"

namespace stave::testing {
namespace {

constexpr size_t manyWords = 1'000'000;

TEST(HistoryTest, KeepsChangesInOrderFromItsFloor) {
  History history(10, manyWords);
  history.restart(4);
  EXPECT_EQ(history.floor(), 4u);
  history.append(putChange(nullptr, podAt("a", 5)));
  history.append(putChange(nullptr, podAt("b", 6)));
  EXPECT_EQ(history.floor(), 4u);
  ASSERT_EQ(history.changes().size(), 2u);
  EXPECT_EQ(history.changes()[0].key(), podKey("a"));
  EXPECT_EQ(history.changes()[1].key(), podKey("b"));
}

TEST(HistoryTest, ForgetsTheOldestRevisionAsAWhole) {
  History history(3, manyWords);
  for (auto* name : {"a", "b"}) history.append(putChange(nullptr, podAt(name, 1)));
  for (auto* name : {"c", "d"}) history.append(putChange(nullptr, podAt(name, 2)));
  EXPECT_EQ(history.floor(), 1u);
  ASSERT_EQ(history.changes().size(), 2u);
  EXPECT_EQ(history.changes()[0].revision, 2u);
}

TEST(HistoryTest, OneRevisionLargerThanTheBoundIsNotKept) {
  History history(2, manyWords);
  for (auto* name : {"a", "b", "c"}) history.append(putChange(nullptr, podAt(name, 7)));
  EXPECT_EQ(history.floor(), 7u);
  EXPECT_TRUE(history.changes().empty());
}

TEST(HistoryTest, IsBoundedInWords) {
  auto first = podAt("a", 1);
  History history(100, first->words() * 2);
  history.append(putChange(nullptr, first));
  history.append(putChange(first, podAt("a", 2)));
  EXPECT_EQ(history.changes().size(), 2u);
  history.append(putChange(nullptr, podAt("a", 3)));
  EXPECT_EQ(history.changes().size(), 2u);
  EXPECT_EQ(history.floor(), 1u);
}

TEST(HistoryTest, ARestartMakesRoomForAll) {
  auto first = podAt("a", 1);
  History history(100, first->words());
  history.append(putChange(nullptr, first));
  history.restart(9);
  EXPECT_EQ(history.floor(), 9u);
  EXPECT_TRUE(history.changes().empty());
  history.append(putChange(nullptr, podAt("a", 10)));
  EXPECT_EQ(history.changes().size(), 1u);
}

TEST(HistoryTest, KnowsWhatAChangeMade) {
  History history(10, manyWords);
  auto made = podAt("a", 3);
  history.append(putChange(nullptr, made));
  history.append(putChange(nullptr, podAt("b", 4)));
  history.append(removal(made, 5));
  EXPECT_EQ(history.stateAt(podKey("a"), 3), made);
  EXPECT_EQ(history.stateAt(podKey("a"), 4), nullptr);
  EXPECT_EQ(history.stateAt(podKey("a"), 5), nullptr);
  EXPECT_EQ(history.stateAt(podKey("b"), 3), nullptr);
  EXPECT_EQ(history.stateAt(podKey("a"), 99), nullptr);
}

}  // namespace
}  // namespace stave::testing
