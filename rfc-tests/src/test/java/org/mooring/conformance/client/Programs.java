package org.mooring.conformance.client;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives the tests of a class a {@link Testbed}. Those that add nothing to the configurations share one; another class has its own.
 */
@Tag("netns")
@Timeout(120)
@ExtendWith(Programs.Start.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface Programs {
    /** Lines of the home agent's configuration. */
    String homeAgent() default "require-association = false\n";

    /** Lines of the foreign agent's configuration. */
    String foreignAgent() default "require-association = false\nrevocation = \"refused\"\nnat-traversal = \"off\"\n";

    /** Whether one router has both, with the visited link as its home link. */
    boolean oneRouter() default false;

    /** Starts the programs when a test asks for them. */
    final class Start implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == Testbed.class;
        }

        @Override
        public Testbed resolveParameter(ParameterContext parameter, ExtensionContext context) {
            var programs = context.getRequiredTestClass().getAnnotation(Programs.class);
            var store = context.getRoot().getStore(Namespace.create(Programs.class));
            return store.getOrComputeIfAbsent(programs, Start::start, Testbed.class);
        }

        private static Testbed start(Programs programs) {
            try {
                return new Testbed(programs.homeAgent(), programs.foreignAgent(), programs.oneRouter());
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}
