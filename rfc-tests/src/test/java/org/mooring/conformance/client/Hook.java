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

/** Gives the tests of a class a {@link HookTestbed}. Those that say the same of who serves visitors share one. */
@Tag("netns")
@Timeout(120)
@ExtendWith(Hook.Start.class)
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@interface Hook {
    /** Lines of the hook's configuration. By default the foreign agent is to be discovered. */
    String serves() default DISCOVERED;

    String DISCOVERED = "[foreign-agent]\ndiscover = true\n";

    /** Starts the program when a test asks for it. */
    final class Start implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == HookTestbed.class;
        }

        @Override
        public HookTestbed resolveParameter(ParameterContext parameter, ExtensionContext context) {
            var hook = context.getRequiredTestClass().getAnnotation(Hook.class);
            var store = context.getRoot().getStore(Namespace.create(Hook.class));
            return store.getOrComputeIfAbsent(hook, Start::start, HookTestbed.class);
        }

        private static HookTestbed start(Hook hook) {
            try {
                var testbed = new HookTestbed(hook.serves());
                if (hook.serves().equals(DISCOVERED)) {
                    testbed.link.await(0, HookTestbed::solicitation);
                    testbed.advertise(0);
                }
                return testbed;
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
    }
}
