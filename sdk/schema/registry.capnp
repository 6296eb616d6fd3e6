@0xb2f1c59e7d3a4c07;
# A `registry` plug-in moves images between the content store and somewhere else: a distribution
# registry (`oci`), or a directory or tar file (`layout`). The engine calls it.
#
# References: `oci` takes image references ("debian", "localhost:5000/a/b:tag", "x@sha256:...");
# `layout` takes "oci:PATH[:TAG]" for an image layout directory, "oci-archive:PATH[:TAG]" for a tar of
# one and "docker-archive:PATH[:NAME]" for what `docker save` writes.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("stave::schema");
using Common = import "common.capnp";
using Content = import "content.capnp";

struct Credentials {
  username @0 :Text;
  password @1 :Text $Common.secret;
  identityToken @2 :Text $Common.secret;  # OAuth2 refresh token; instead of a password
}

struct ResolvedImage {
  # An image as it is now known by digest; all blobs named here but the layers are in content.

  reference @0 :Text;               # normalized: "docker.io/library/debian:12"
  manifest @1 :Common.Descriptor;   # of the chosen platform
  config @2 :Common.Descriptor;     # its digest is Docker's image id
  layers @3 :List(Common.Descriptor);   # lowest first
  diffIds @4 :List(Text);           # digests of the uncompressed layers, same order
  index @5 :Common.Descriptor;      # what the reference itself points to; manifest if there is no index
  configJson @6 :Data;              # the config blob
}

interface PullSink {
  # Told while a pull goes on.
  resolved @0 (image :ResolvedImage);
  # Manifest and config are there and checked; the layers begin to arrive in content now (follow them
  # there). Called once, before any layer is complete.
}

interface Registry {
  resolve @0 (reference :Text, platform :Common.Platform, credentials :Credentials)
      -> (image :ResolvedImage) $Common.idempotent;
  # Fetches manifest and config, no layers. Fails [not-found], [unauthorized], [denied],
  # [unavailable] (cannot be reached; after retries), [exhausted] (too many requests),
  # [unsupported] (no manifest for the platform; the text lists those there are), [invalid] (a reply
  # that breaks the specification, a wrong digest).

  pull @1 (reference :Text, platform :Common.Platform, credentials :Credentials, sink :PullSink,
           progress :Common.ProgressSink) -> (image :ResolvedImage) $Common.unbounded;
  # As resolve, and then all layers into content, in parallel, resuming what was begun. Two pulls that
  # need one layer fetch it once. Digests are verified. Cancelling keeps what has arrived.

  push @2 (manifestDigest :Text, reference :Text, credentials :Credentials,
           progress :Common.ProgressSink) -> (digest :Text) $Common.unbounded;
  # Uploads what the other side lacks: blobs, then manifest, then (for a tag) the tag. `digest` is of
  # the manifest as the registry now has it.

  tags @3 (repository :Text, credentials :Credentials) -> (tags :List(Text)) $Common.idempotent;
  # Fails [unsupported] where there is nothing like it.

  search @4 (term :Text, limit :UInt32, credentials :Credentials)
      -> (results :List(SearchResult)) $Common.idempotent;

  check @5 (host :Text, credentials :Credentials) -> (identityToken :Text);
  # Log in: whether the credentials are good there. Fails [unauthorized].

  normalize @6 (reference :Text) -> (reference :Text) $Common.idempotent;
  # The full form under which an image object is named: "debian" gives "docker.io/library/debian:latest".
  # Fails [invalid] saying what is wrong where.

  images @7 (reference :Text) -> (references :List(Text)) $Common.idempotent;
  # What a source holds: for `layout` the names in an archive, for `oci` the tag itself.
}

struct SearchResult { name @0 :Text; description @1 :Text; stars @2 :UInt32; official @3 :Bool; }
