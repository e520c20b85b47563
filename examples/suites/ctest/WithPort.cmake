# add_test_with_port(NAME <name> COMMAND <command> [<argument>...])
#
# A test that finds a port of its own in the environment variable PORT. Run them all under an address:
#   portreservation exec -- ctest -j 16
add_executable(with-port "${CMAKE_CURRENT_LIST_DIR}/with-port.c")

function(add_test_with_port)
  cmake_parse_arguments(PARSE_ARGV 0 TEST "" "NAME" "COMMAND")
  if(NOT TEST_NAME OR NOT TEST_COMMAND)
    message(FATAL_ERROR "add_test_with_port needs NAME and COMMAND")
  endif()
  list(POP_FRONT TEST_COMMAND program)
  if(TARGET "${program}")
    set(program "$<TARGET_FILE:${program}>")
  endif()
  add_test(NAME "${TEST_NAME}" COMMAND with-port "${program}" ${TEST_COMMAND})
endfunction()
