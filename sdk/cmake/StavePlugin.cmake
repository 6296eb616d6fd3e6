# What a plug-in's CMakeLists.txt uses, in this tree and out of it:
#
#   stave_plugin(<kind> <name> SOURCES a.cc b.cc [SCHEMAS settings.capnp] [LINK targets] [PUBLIC_NAME n])
#   stave_test(<name> SOURCES x_test.cc [LINK targets] [TIMEOUT seconds] [LABELS l])   in this tree only
#   stave_capnp(<out-var> <schema>...)            generates C++ for schemas beside the CMakeLists.txt
#
# stave_plugin makes the static library plugin_<kind>_<name>_core of all sources but plugin.cc, for
# tests, and the module lib/stave/<kind>-<name>.so with exactly one exported symbol.

set(STAVE_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map)

function(stave_capnp out)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/generated)
  file(MAKE_DIRECTORY ${generated})
  set(results)
  foreach(schema ${ARGN})
    add_custom_command(
      OUTPUT ${generated}/${schema}.c++ ${generated}/${schema}.h
      COMMAND ${CAPNP_EXECUTABLE} compile -I ${STAVE_SCHEMA_IMPORT} -I ${CAPNP_INCLUDE_DIRECTORY}
              --src-prefix=${CMAKE_CURRENT_SOURCE_DIR} -o${CAPNPC_CXX_EXECUTABLE}:${generated}
              ${CMAKE_CURRENT_SOURCE_DIR}/${schema}
      DEPENDS ${schema}
      COMMENT "Cap'n Proto ${schema}"
      VERBATIM)
    list(APPEND results ${generated}/${schema}.c++)
  endforeach()
  set(${out} ${results} PARENT_SCOPE)
endfunction()

function(stave_plugin kind name)
  cmake_parse_arguments(ARG "" "PUBLIC_NAME" "SOURCES;SCHEMAS;LINK" ${ARGN})
  string(REPLACE "-" "_" target plugin_${kind}_${name})
  set(generated)
  if(ARG_SCHEMAS)
    stave_capnp(generated ${ARG_SCHEMAS})
  endif()
  set(core ${ARG_SOURCES})
  list(REMOVE_ITEM core plugin.cc)
  if(core OR generated)
    add_library(${target}_core STATIC ${core} ${generated})
    target_include_directories(${target}_core PUBLIC ${CMAKE_CURRENT_BINARY_DIR}/generated
                                                     ${CMAKE_CURRENT_SOURCE_DIR})
    target_link_libraries(${target}_core PUBLIC stave::sdk ${ARG_LINK})
  endif()
  add_library(${target} MODULE plugin.cc)
  if(TARGET ${target}_core)
    target_link_libraries(${target} PRIVATE ${target}_core)
  endif()
  target_link_libraries(${target} PRIVATE stave::sdk ${ARG_LINK})
  target_link_options(${target} PRIVATE -Wl,--version-script=${STAVE_PLUGIN_MAP})
  set_target_properties(${target} PROPERTIES LINK_DEPENDS ${STAVE_PLUGIN_MAP})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${kind}-${name} CXX_VISIBILITY_PRESET hidden INSTALL_RPATH "$ORIGIN/.."
    LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/lib/stave)
  install(TARGETS ${target} LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/stave)
endfunction()
