#pragma once

#include <capnp/message.h>
#include <stave/testing/fake_objects.h>

#include <functional>
#include <map>
#include <set>
#include <tuple>

#include "fake_query.h"

namespace stave::testing {

using ObjectMessage = std::shared_ptr<capnp::MallocMessageBuilder>;

/// Objects by identity, and what a transaction does to them.
class FakeTable {
 public:
  using Key = std::tuple<std::string, std::string, std::string>;  // kind, namespace, name

  struct Row {
    ObjectMessage message;
    uint64_t revision = 0;
    bool removed = false;

    schema::Object::Reader object() const { return message->getRoot<schema::Object>().asReader(); }
  };

  Key keyOf(capnp::Text::Reader kind, capnp::Text::Reader space, capnp::Text::Reader name) const;
  const Row* find(const Key& key) const;  ///< null: it is not there or was removed

  /// All or nothing. `changed` are the rows with a new state.
  std::vector<Row> commit(capnp::List<schema::Change>::Reader changes, schema::Cause::Reader cause,
                          std::set<Key>& changed);

  const std::map<Key, Row>& rows() const { return rows_; }
  uint64_t revision() const { return revision_; }
  FakeKinds& kinds() { return kinds_; }
  const FakeKinds& kinds() const { return kinds_; }

 private:
  Row changedRow(const Key& key, schema::Change::Reader change, schema::Cause::Reader cause);
  Row create(const Key& key, schema::Object::Reader wanted);

  FakeKinds kinds_;
  std::map<Key, Row> rows_;
  uint64_t revision_ = 1;
  uint64_t created_ = 0;
};

}  // namespace stave::testing
