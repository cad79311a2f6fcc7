// SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0
char _license[] __attribute__((section("license"), used)) = "GPL";
