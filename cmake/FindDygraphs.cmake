# Dygraphs draws the charts of the HTML report: Debian's libjs-dygraphs. Sets
# DYGRAPHS_SCRIPT and DYGRAPHS_LICENSE, which must go wherever the script goes.
find_file(DYGRAPHS_SCRIPT dygraph.min.js PATHS /usr/share/javascript/dygraphs)
find_file(DYGRAPHS_LICENSE copyright PATHS /usr/share/doc/libjs-dygraphs
          NO_DEFAULT_PATH)
mark_as_advanced(DYGRAPHS_SCRIPT DYGRAPHS_LICENSE)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(Dygraphs REQUIRED_VARS DYGRAPHS_SCRIPT
                                                         DYGRAPHS_LICENSE)
