package org.mooring.stock;

import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Tests of other modules, with the kernel that Debian ships: it has tunnel devices that others lack, and a verifier of its own mind about
 * our programs. Each test that ran there is one here.
 */
@Tag("e2e")
class StockKernelTest {
    private static final String[] PACKAGES = {"org.mooring.datapath"};

    @TestFactory
    Stream<DynamicTest> passes() throws Exception {
        return new StockKernel(Path.of("target/stock-kernel").toAbsolutePath())
                .test(PACKAGES).stream().map(result -> dynamicTest(result.name(), result::check));
    }
}
