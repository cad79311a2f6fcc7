package org.mooring.conformance;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackages;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Clock;
import java.time.Instant;
import java.util.Random;

/** The arrows of docs/architecture.md, and what a core may not touch. */
@AnalyzeClasses(
        packages = "org.mooring",
        importOptions = {ImportOption.DoNotIncludeTests.class, ArchitectureTest.NoTestJars.class})
class ArchitectureTest {
    /** The protocol and the state machines: everything here is a function of the events it was given. */
    private static final String[] PURE = {
        "org.mooring.protocol..",
        "org.mooring.timeline..",
        "org.mooring.home",
        "org.mooring.foreign",
        "org.mooring.hook",
        "org.mooring.migrator",
    };

    @ArchTest
    static final ArchRule coresDoNoInputOrOutput = noClasses()
            .that(resideInAnyPackage(PURE))
            .should()
            .dependOnClassesThat(resideInAnyPackage(
                    "io.netty.channel..",
                    "jnr..",
                    "java.io..",
                    "java.nio.channels..",
                    "java.nio.file..",
                    "java.util.concurrent..",
                    "java.util.logging..",
                    "org.slf4j..",
                    "org.mooring.linux.libc..",
                    "org.mooring.linux.netlink..",
                    "org.mooring.runtime.."));

    @ArchTest
    static final ArchRule coresReadNoClockAndRollNoDice = noClasses()
            .that(resideInAnyPackage(PURE))
            .should()
            .accessTargetWhere(describe("reads a clock, a thread or chance", ArchitectureTest::isAmbient));

    @ArchTest
    static final ArchRule onlyLinuxNetSpeaksToTheKernel = noClasses()
            .that(resideOutsideOfPackages("org.mooring.linux.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("jnr..", "org.mooring.linux.libc.."));

    @ArchTest
    static final ArchRule onlyLibcCallsNativeCode = noClasses()
            .that(resideOutsideOfPackages("org.mooring.linux.libc.."))
            .should()
            .dependOnClassesThat(resideInAnyPackage("jnr..", "com.kenai.jffi.."));

    @ArchTest
    static final ArchRule linuxKnowsNothingOfMobileIp = classes()
            .that()
            .resideInAPackage("org.mooring.linux..")
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage("org.mooring.linux..", "java..", "jnr..", "org.jspecify.."));

    @ArchTest
    static final ArchRule protocolKnowsNoLinux = noClasses()
            .that()
            .resideInAPackage("org.mooring.protocol..")
            .should()
            .dependOnClassesThat(
                    resideInAnyPackage("org.mooring.linux..", "org.mooring.runtime..", "org.mooring.datapath.."));

    @ArchTest
    static final ArchRule programsDoNotSeeEachOther = slices().matching(
                    "org.mooring.(home|foreign|hook|migrator|lab)..")
            .should()
            .notDependOnEachOther();

    @ArchTest
    static final ArchRule noModuleCycles =
            slices().matching("org.mooring.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule noStaticState = fields().that()
            .areStatic()
            .and()
            .doNotHaveModifier(JavaModifier.SYNTHETIC)
            .should()
            .beFinal();

    /** The fixtures of linux-net come as a jar, which ArchUnit doesn't know for tests. */
    static final class NoTestJars implements ImportOption {
        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    private static boolean isAmbient(JavaAccess<?> access) {
        var owner = access.getTargetOwner();
        String name = access.getTarget().getName();
        return (owner.isEquivalentTo(Instant.class) && name.equals("now"))
                || owner.isEquivalentTo(Clock.class)
                || owner.isEquivalentTo(Thread.class)
                || owner.isEquivalentTo(Random.class)
                || (owner.isEquivalentTo(Math.class) && name.equals("random"))
                || (owner.isEquivalentTo(System.class)
                        && (name.equals("nanoTime") || name.equals("currentTimeMillis") || name.equals("getenv")));
    }
}
