/* lload — opens the control state, calls lload.main, returns its number. */
#include "script/control.h"

int main(int argc, char **argv)
{
    return control_main(argc, argv);
}
