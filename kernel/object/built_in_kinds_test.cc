#include "kernel/object/built_in_kinds.h"

#include <gtest/gtest.h>

#include <set>

#include "kernel/object/field_path.h"
#include "kernel/object/kinds.h"

namespace stave {
namespace {

TEST(BuiltInKindsTest, AreThoseThatTheContractNames) {
  Kinds kinds;
  std::set<std::string> names;
  for (auto& [name, kind] : kinds.all()) {
    names.insert(name);
    EXPECT_TRUE(kind.builtIn) << name;
  }
  EXPECT_EQ(names, (std::set<std::string>{"Config", "CronJob", "DaemonSet", "Deployment", "Event",
                                          "Image", "Job", "Namespace", "Network", "Node", "Plugin",
                                          "Pod", "Secret", "Service", "StatefulSet", "Volume"}));
}

TEST(BuiltInKindsTest, OnlyWhatBelongsToSomebodyIsNamespaced) {
  Kinds kinds;
  for (auto* name : {"Namespace", "Node", "Image", "Network", "Volume", "Plugin"}) {
    EXPECT_FALSE(kinds.find(name).namespaced) << name;
  }
  for (auto* name : {"Pod", "Config", "Secret", "Service", "Deployment", "Job", "Event"}) {
    EXPECT_TRUE(kinds.find(name).namespaced) << name;
  }
}

TEST(BuiltInKindsTest, ColumnsAreFieldsOfTheirKind) {
  Kinds kinds;
  for (auto& [name, kind] : kinds.all()) {
    for (auto column : kind.reader().getColumns()) {
      EXPECT_NO_THROW(FieldPath(kind, column.getPath().cStr()))
          << name << " " << column.getPath().cStr();
    }
  }
}

TEST(BuiltInKindsTest, NoWordMeansTwoKinds) {
  Kinds kinds;
  std::set<std::string> words;
  for (auto& [name, kind] : kinds.all()) {
    std::set<std::string> own{lowerCase(name), lowerCase(kind.plural)};
    own.insert(kind.shortNames.begin(), kind.shortNames.end());
    for (auto& word : own) {
      EXPECT_TRUE(words.insert(word).second) << word;
      EXPECT_EQ(kinds.find(word).name, name);
    }
  }
}

TEST(BuiltInKindsTest, DefinitionsCarryTheirTypes) {
  Kinds kinds;
  for (auto& [name, kind] : kinds.all()) {
    std::set<uint64_t> ids;
    for (auto node : kind.reader().getNodes()) ids.insert(node.getId());
    EXPECT_TRUE(ids.count(kind.reader().getSpecType())) << name;
    bool hasStatus = kind.status != nullptr;
    EXPECT_EQ(ids.count(kind.reader().getStatusType()), hasStatus ? 1u : 0u) << name;
  }
}

}  // namespace
}  // namespace stave
