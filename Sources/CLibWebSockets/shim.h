#pragma once
#define _GNU_SOURCE
#include <libwebsockets.h>
