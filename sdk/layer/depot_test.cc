#include "depot.h"

#include "record.h"
#include "stave/error.h"
#include "test_tree.h"

namespace stave::layer {
namespace {

class PlainDriver final : public Driver {
 public:
  Whiteouts whiteouts() const override { return Whiteouts::overlay; }
  void makeLayer(const Place& place, const Chain&) override {
    os::makeDirectories(place.content());
  }
  void makeSnapshot(const Place& place, const Chain&) override {
    os::makeDirectories(place.content());
  }
  os::Fd mountSnapshot(const Place&, const Chain&, const os::IdMappings&, bool) override {
    return {};
  }
  os::Fd mountChain(const Chain&) override { return {}; }
  std::vector<Change> changes(const Place&, const Chain&) override { return {}; }
  void remove(const std::string& path) override { os::removeTree(path); }
};

const std::string chain = "sha256:" + std::string(64, 'a');

class DepotTest : public TestTree {
 protected:
  kj::Own<Depot> open() {
    return kj::heap<Depot>(path_, *driver_, [](const kj::Exception& exception) {
      ADD_FAILURE() << textOf(exception);
    });
  }

  std::unique_ptr<PlainDriver> driver_ = std::make_unique<PlainDriver>();
};

LayerRecord layerRecord() {
  LayerRecord record;
  record.chainId = chain;
  record.diffId = "sha256:d";
  record.bytes = 5;
  record.created = 7;
  record.rootOpaque = true;
  return record;
}

TEST_F(DepotTest, PublishedThingsAreFoundAgain) {
  SnapshotRecord snapshot{"a name/with %", chain, 9, {{{0, 1, 2}}, {{3, 4, 5}}}, {{"k 1", "v\n2"}}};
  {
    auto depot = open();
    depot->publish(depot->stage(), layerRecord());
    depot->publish(depot->stage(), snapshot);
    depot->drain();
  }
  auto content = open()->load();
  ASSERT_EQ(content.layers.size(), 1u);
  EXPECT_EQ(content.layers[0].chainId, chain);
  EXPECT_EQ(content.layers[0].bytes, 5u);
  EXPECT_TRUE(content.layers[0].rootOpaque);
  ASSERT_EQ(content.snapshots.size(), 1u);
  EXPECT_EQ(content.snapshots[0].name, snapshot.name);
  EXPECT_EQ(content.snapshots[0].mappings, snapshot.mappings);
  EXPECT_EQ(content.snapshots[0].labels, snapshot.labels);
}

TEST_F(DepotTest, HalfMadeThingsGo) {
  auto depot = open();
  { auto staged = depot->stage(); }
  depot->drain();
  EXPECT_TRUE(os::listDirectory(path_ + "/trash").empty());
  os::makeDirectories(path_ + "/staging/9/fs");
  os::makeDirectories(path_ + "/layers/" + std::string(64, 'b'));
  auto content = depot->load();
  depot->drain();
  EXPECT_EQ(content.damaged.size(), 1u);
  for (auto* folder : {"/staging", "/trash", "/layers"}) {
    EXPECT_TRUE(os::listDirectory(path_ + folder).empty()) << folder;
  }
}

TEST_F(DepotTest, LayerOfAnEarlierBootThatIsNotDurableGoes) {
  auto directory = path_ + "/layers/" + std::string(64, 'a');
  os::makeDirectories(directory);
  os::replaceFile(directory + "/record", encode(layerRecord(), "another-boot"));
  auto depot = open();
  EXPECT_EQ(depot->load().damaged.size(), 1u);
  depot->drain();
  os::makeDirectories(directory);
  os::replaceFile(directory + "/record", encode(layerRecord(), "another-boot"));
  os::replaceFile(directory + "/durable", "");
  EXPECT_EQ(depot->load().layers.size(), 1u);
}

TEST(RecordTest, CutRecordsAreNoticed) {
  auto text = encode(SnapshotRecord{"name", chain, 9, {}, {}});
  for (size_t size = 0; size + 1 < text.size(); size++) {
    EXPECT_ANY_THROW(decodeSnapshot(text.substr(0, size))) << size;
  }
}

TEST(RecordTest, FileNamesStandForOneName) {
  EXPECT_EQ(fileNameOf("plain-1_2.3"), "plain-1_2.3");
  EXPECT_EQ(fileNameOf(".."), "%2E.");
  EXPECT_EQ(fileNameOf("a/b"), "a%2Fb");
  EXPECT_ANY_THROW(fileNameOf(""));
  EXPECT_ANY_THROW(hexOf("sha256:../x"));
}

}  // namespace
}  // namespace stave::layer
