#pragma once

#include <string>
#include <vector>

#include "kernel/object/metadata.h"
#include "kernel/object/object_cache.h"
#include "kernel/object/validate.h"

namespace stave {

/// Who makes a change, and why. The reader is of the request.
struct CauseStamp {
  std::string actor;
  schema::Cause::Reader cause;
  int64_t time;  ///< Unix time, nanoseconds
};

/// What one change of a transaction comes to, given what the object is now.
struct Outcome {
  enum class Effect { none, put, remove };

  ObjectKey key;
  VersionPtr before;  ///< null: it does not exist
  Effect effect = Effect::none;
  MessagePtr message;  ///< the new state; of a removal the last one, with the cause of the removal
  bool durable = false;
};

/// Works out changes. Nothing is written here; the same evaluation may be done again after a
/// conflict.
class ChangeEvaluator {
 public:
  ChangeEvaluator(const Kinds& kinds, Validator& validator, const ObjectCache& cache,
                  CauseStamp stamp)
      : kinds_(kinds), validator_(validator), cache_(cache), stamp_(std::move(stamp)) {}

  /// `earlier` are the outcomes of the transaction so far: an owner may be made in the same one.
  Outcome evaluate(const ObjectKey& key, schema::Change::Reader change,
                   const std::vector<Outcome>& earlier);

 private:
  struct Owner;
  struct Draft;

  Draft draftOf(const ObjectVersion& before) const;
  Draft newDraft() const;
  void checkPreconditions(const ObjectKey& key, schema::Change::Reader change,
                          const VersionPtr& before) const;
  void takeSpec(const ObjectKey& key, schema::Object::Reader object, const VersionPtr& before,
                Draft& draft);
  void takeStatus(const ObjectKey& key, schema::Object::Reader object, Draft& draft);
  void takeLabels(const ObjectKey& key, schema::Object::Reader object, Draft& draft) const;
  void takeOwners(const ObjectKey& key, schema::Object::Reader object,
                  const std::vector<Outcome>& earlier, Draft& draft) const;
  Owner ownerOf(const ObjectKey& key, schema::ObjectRef::Reader reference,
                const std::vector<Outcome>& earlier) const;
  void edit(const ObjectKey& key, schema::Change::Reader change, const VersionPtr& before,
            const std::vector<Outcome>& earlier, Draft& draft);
  MessagePtr write(const ObjectKey& key, const Draft& draft) const;
  void checkStruct(const ObjectKey& key, const char* path, capnp::AnyPointer::Reader value,
                   capnp::StructSchema schema, kj::Maybe<capnp::AnyPointer::Reader> before);

  const Kinds& kinds_;
  Validator& validator_;
  const ObjectCache& cache_;
  CauseStamp stamp_;
};

/// 64 hex digits that were never given before.
std::string newUid();

}  // namespace stave
