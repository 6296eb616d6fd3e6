#include <stave/testing/null_services.h>

#include <gtest/gtest.h>
#include <stave/capability.h>
#include <stave/error.h>
#include <stave/os/file.h>
#include <stave/testing/temp_directory.h>
#include <stave/testing/wait.h>

namespace stave::testing {

namespace {

struct NullServicesTest : ::testing::Test {
  ~NullServicesTest() noexcept override {}

  Loop loop;
  TempDirectory root{"root"};
};

}  // namespace

TEST_F(NullServicesTest, ContentKeepsWhatIsCommitted) {
  auto content = newNullContent();
  auto ingest = [&]() {
    auto request = content.ingestRequest();
    request.setDigest("sha256:aa");
    return request.send();
  };
  auto state = wait(loop, ingest());
  ASSERT_TRUE(state.getUnion().isWriter());
  EXPECT_TRUE(wait(loop, ingest()).getUnion().isBusy());
  auto writer = state.getUnion().getWriter();
  auto file = wait(loop, writer.fileRequest().send());
  auto fd = wait(loop, takeFd(file.getFile(), "the ingest").promise());
  os::writeAll(fd, "hello", 5);
  auto commit = writer.commitRequest();
  commit.setDigest("sha256:aa");
  commit.setSize(5);
  wait(loop, commit.send());
  EXPECT_EQ(wait(loop, ingest()).getUnion().getExists(), 5u);
  auto open = content.openRequest();
  open.setDigest("sha256:aa");
  auto blob = wait(loop, takeFd(wait(loop, open.send()).getBlob(), "the blob").promise());
  EXPECT_EQ(os::readAll(blob), "hello");
}

TEST_F(NullServicesTest, AWriterThatGivesUpLetsWaitersGo) {
  auto content = newNullContent();
  auto ingest = [&]() {
    auto request = content.ingestRequest();
    request.setDigest("sha256:aa");
    return request.send();
  };
  kj::Promise<bool> waited = false;
  {
    auto state = wait(loop, ingest());
    auto busy = wait(loop, ingest());
    waited = busy.getUnion().getBusy().waitRequest().send().then(
        [](auto&& reply) { return reply.getComplete(); });
    runFor(loop, 1 * kj::MILLISECONDS);
  }
  EXPECT_FALSE(wait(loop, kj::mv(waited)));
}

TEST_F(NullServicesTest, RegistryPutsItsManifestIntoContent) {
  auto content = newNullContent();
  auto pull = newNullRegistry(content).pullRequest();
  pull.setReference("docker.io/library/x:1");
  auto image = wait(loop, pull.send());
  EXPECT_STREQ(image.getImage().getReference().cStr(), "docker.io/library/x:1");
  auto stat = content.statRequest();
  stat.setDigest(image.getImage().getManifest().getDigest());
  wait(loop, stat.send());
}

TEST_F(NullServicesTest, StorageKnowsWhatStandsOnWhat) {
  auto storage = newNullStorage(root.path());
  auto unpack = storage.unpackRequest();
  unpack.setChainId("sha256:aa");
  wait(loop, unpack.send());
  auto prepare = [&](const char* parent) {
    auto request = storage.prepareRequest();
    request.setSnapshot("s");
    request.setParent(parent);
    return request.send();
  };
  auto root = wait(loop, prepare("sha256:aa")).getRoot();
  wait(loop, takeFd(wait(loop, root.mountRequest().send()).getTree(), "the root").promise());
  auto remove = storage.removeLayerRequest();
  remove.setChainId("sha256:aa");
  auto refused = remove.send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(refused)), ErrorCode::CONFLICT);
  auto missing = prepare("sha256:bb").ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(missing)), ErrorCode::NOT_FOUND);
}

TEST_F(NullServicesTest, NetworkGivesDistinctAddressesAndRefusesToForgetAttachedNetworks) {
  auto network = newNullNetwork();
  auto create = network.createNetworkRequest();
  create.setName("n");
  wait(loop, create.send());
  auto attach = [&](const char* endpoint) -> std::string {
    auto request = network.attachRequest();
    request.initRequest().setNetwork("n");
    request.getRequest().setEndpoint(endpoint);
    return wait(loop, request.send()).getStatus().getIpv4().cStr();
  };
  auto first = attach("a");
  EXPECT_EQ(first, attach("a"));
  EXPECT_NE(first, attach("b"));
  auto remove = network.removeNetworkRequest();
  remove.setName("n");
  auto refused = remove.send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(refused)), ErrorCode::CONFLICT);
}

TEST_F(NullServicesTest, AContainerOfTheRuntimeEndsWithTheSignalsCode) {
  auto runtime = newNullRuntime();
  auto create = [&]() {
    auto request = runtime.createRequest();
    request.initSpec().setId("c");
    request.getSpec().initArguments(1).set(0, "true");
    return request.send();
  };
  auto container = wait(loop, create()).getContainer();
  auto again = create().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(again)), ErrorCode::ALREADY_EXISTS);
  auto exited = container.waitRequest().send();
  wait(loop, container.startRequest().send());
  auto signal = container.signalRequest();
  signal.setNumber(15);
  wait(loop, signal.send());
  EXPECT_EQ(wait(loop, kj::mv(exited)).getExit().getCode(), 143);
  wait(loop, container.deleteRequest().send());
  EXPECT_EQ(wait(loop, runtime.listRequest().send()).getContainers().size(), 0u);
}

TEST_F(NullServicesTest, VolumesOfTheDriverMustExist) {
  auto volumes = newNullVolume(root.path());
  auto mount = [&]() {
    auto request = volumes.mountRequest();
    request.setName("v");
    return request.send();
  };
  auto missing = mount().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(missing)), ErrorCode::NOT_FOUND);
  auto create = volumes.createRequest();
  create.setName("v");
  wait(loop, create.send());
  EXPECT_TRUE(wait(loop, mount()).getEmpty());
}

TEST_F(NullServicesTest, TheEngineKnowsNoPod) {
  auto signal = newNullEngine().signalRequest();
  signal.setPod("web");
  auto missing = signal.send().ignoreResult();
  EXPECT_EQ(codeOfFailure(loop, kj::mv(missing)), ErrorCode::NOT_FOUND);
}

TEST_F(NullServicesTest, TheStoreIsAStore) {
  auto store = newNullStore(loop.timer());
  auto txn = store.txnRequest();
  txn.initWrites(1)[0].setKey(kj::StringPtr("a").asBytes());
  EXPECT_TRUE(wait(loop, txn.send()).getSucceeded());
}

}  // namespace stave::testing
