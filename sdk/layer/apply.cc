#include "stave/layer/apply.h"

#include <fcntl.h>

#include "stave/error.h"
#include "stave/layer/pipeline.h"

namespace stave::layer {

namespace {

void addEntry(RootedWriter& writer, TarReader& reader, const Entry& entry) {
  try {
    writer.add(entry, reader);
  } catch (const kj::Exception& exception) {
    kj::throwFatalException(withContext(exception, "layer entry \"" + entry.path + "\""));
  }
}

}  // namespace

void applyTar(PieceSource& tar, RootedWriter& writer, const JobControl& control) {
  TarReader reader(tar);
  Entry entry;
  while (reader.next(entry)) {
    if (control.stop) fail(ErrorCode::CANCELLED, "unpacking the layer was stopped");
    addEntry(writer, reader, entry);
  }
  reader.drain();
  writer.finish();
}

ApplyResult applyLayer(ApplyRequest request) {
  auto source = std::make_unique<GrowingBlob>(kj::mv(request.blob), request.size, request.control);
  Pipeline pipeline(std::move(source), request.mediaType, request.control);
  RootedWriter writer(os::open(request.directory, O_PATH | O_DIRECTORY), request.whiteouts);
  applyTar(pipeline, writer, *request.control);
  ApplyResult result{pipeline.digest(), writer.impliedDirectories(), writer.rootNamed(),
                     writer.rootOpaque()};
  if (!request.diffId.empty() && request.diffId != result.diffId) {
    fail(ErrorCode::INVALID, "the layer's content has the digest " + result.diffId +
                                 " and should have " + request.diffId);
  }
  return result;
}

}  // namespace stave::layer
