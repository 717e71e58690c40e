# The targets of the library: somemem::shared, somemem::static, and somemem::somemem, which is the one of them that BUILD_SHARED_LIBS
# selects, or the only one. somemem-config.cmake calls this for an installed library, CMakeLists.txt for one that is built as a part of
# another project.

# Cargo's names for the files to link with, and on Windows for the DLL.
function(_somemem_names shared static dll)
  set(${static} ${CMAKE_STATIC_LIBRARY_PREFIX}somemem${CMAKE_STATIC_LIBRARY_SUFFIX} PARENT_SCOPE)
  set(${dll} "" PARENT_SCOPE)
  if(WIN32)
    set(${dll} somemem.dll PARENT_SCOPE)
    if(MSVC)
      set(${shared} somemem.dll.lib PARENT_SCOPE)
    else()
      set(${shared} libsomemem.dll.a PARENT_SCOPE)
    endif()
  else()
    set(${shared} ${CMAKE_SHARED_LIBRARY_PREFIX}somemem${CMAKE_SHARED_LIBRARY_SUFFIX} PARENT_SCOPE)
  endif()
endfunction()

# `dll` is empty except on Windows. `soname` is the name that programs ask the loader for, if it is not the file's name. If the library is
# a part of a project, the caller passes GLOBAL.
function(_somemem_add_shared include library dll soname)
  add_library(somemem::shared SHARED IMPORTED ${ARGN})
  set_target_properties(somemem::shared PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${include}")
  if(dll)
    set_target_properties(somemem::shared PROPERTIES IMPORTED_LOCATION "${dll}" IMPORTED_IMPLIB "${library}")
  else()
    set_target_properties(somemem::shared PROPERTIES IMPORTED_LOCATION "${library}")
  endif()
  if(soname)
    set_target_properties(somemem::shared PROPERTIES IMPORTED_SONAME "${soname}")
  endif()
endfunction()

function(_somemem_add_static include library)
  add_library(somemem::static STATIC IMPORTED ${ARGN})
  set_target_properties(somemem::static PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${include}" IMPORTED_LOCATION "${library}")
  # The system libraries that Rust's standard library needs.
  if(WIN32)
    set_property(TARGET somemem::static PROPERTY INTERFACE_LINK_LIBRARIES kernel32 ntdll userenv ws2_32 dbghelp)
  elseif(UNIX AND NOT APPLE)
    set_property(TARGET somemem::static PROPERTY INTERFACE_LINK_LIBRARIES util rt pthread m dl)
  endif()
endfunction()

function(_somemem_add_default)
  add_library(somemem::somemem INTERFACE IMPORTED ${ARGN})
  if(NOT TARGET somemem::static OR (BUILD_SHARED_LIBS AND TARGET somemem::shared))
    set_property(TARGET somemem::somemem PROPERTY INTERFACE_LINK_LIBRARIES somemem::shared)
  else()
    set_property(TARGET somemem::somemem PROPERTY INTERFACE_LINK_LIBRARIES somemem::static)
  endif()
endfunction()
