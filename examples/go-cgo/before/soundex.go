package main

// #include <stdlib.h>
// #include "soundex.h"
import "C"

import "unsafe"

// soundex is the code that two names share when they sound alike.
func soundex(word string) string {
	input := C.CString(word)
	defer C.free(unsafe.Pointer(input))

	var code [C.SOUNDEX_LENGTH + 1]C.char
	C.soundex(input, &code[0])
	return C.GoString(&code[0])
}
