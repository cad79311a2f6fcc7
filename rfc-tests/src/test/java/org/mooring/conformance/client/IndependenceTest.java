package org.mooring.conformance.client;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;

import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.mooring.linux.JavaCommand;
import org.mooring.linux.NetworkNamespace;

/** The client shares no reading of the RFCs with the programs that it asks. */
@AnalyzeClasses(packages = "org.mooring.conformance.client")
class IndependenceTest {
    @ArchTest
    static final ArchRule usesNothingOfTheAgents = classes()
            .should()
            .onlyDependOnClassesThat(
                    resideInAnyPackage("org.mooring.conformance.client", "java..", "javax.crypto..", "com.sun.jna..")
                            .or(resideInAnyPackage("org.junit..", "org.jspecify..", "com.tngtech.archunit.."))
                            .or(type(JavaCommand.class))
                            .or(type(NetworkNamespace.class))
                            .or(type(NetworkNamespace.Body.class)));
}
