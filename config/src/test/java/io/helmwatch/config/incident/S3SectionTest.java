package io.helmwatch.config.incident;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.helmwatch.config.ConfigLoader;
import io.helmwatch.config.ConfigText;
import io.helmwatch.config.HelmwatchConfig;
import io.helmwatch.config.secret.Redaction;
import io.helmwatch.config.yaml.ConfigException;
import io.helmwatch.config.yaml.Problem;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class S3SectionTest {
    private static final String GOOD = "endpoint: 'http://minio.example:9000', bucket: evidence,"
            + " access-key-env: S3_ACCESS_KEY, secret-key-env: S3_SECRET_KEY";
    private static final Map<String, String> ENVIRONMENT =
            Map.of("S3_ACCESS_KEY", "AKIA-0815-TEST", "S3_SECRET_KEY", "sEcr3t/w0rd+0815");

    @TempDir
    Path folder;

    private HelmwatchConfig load(String s3) {
        return ConfigLoader.parse(
                "json-lines: {target: '-'}\nstreams: []\nincidents: {s3: {" + s3 + "}}\n",
                "site.yaml",
                folder,
                ENVIRONMENT::get);
    }

    private List<String> problems(String s3) {
        return catchThrowableOfType(ConfigException.class, () -> load(s3)).problems().stream()
                .map(Problem::toString)
                .toList();
    }

    @Test
    void shouldKeepEvidenceOnTheMachineUnlessAStorageIsNamed() {
        assertThat(ConfigLoader.parse("json-lines: {target: '-'}\nstreams: []\n", "site.yaml", folder, name -> null)
                        .incidents()
                        .s3())
                .isNull();
    }

    @Test
    void shouldReadAStorageWithKeysOfTheEnvironmentAndOfFiles() throws Exception {
        S3Config minio = load(GOOD).incidents().s3();
        assertThat(minio.endpoint()).isEqualTo(URI.create("http://minio.example:9000"));
        assertThat(minio.region()).isEqualTo("us-east-1");
        assertThat(minio.pathStyle()).isTrue();
        assertThat(minio.keep()).isNull();

        Files.writeString(folder.resolve("id"), "AKIA-FROM-FILE\n");
        Files.writeString(folder.resolve("key"), "key-from-file\n");
        S3Config amazon = load("endpoint: 'https://s3.eu-central-1.amazonaws.com/', region: eu-central-1, bucket: site,"
                        + " prefix: plant-7/gates/, path-style: false, access-key-file: id, secret-key-file: key,"
                        + " encryption: kms, kms-key: evidence, keep: 90d")
                .incidents()
                .s3();
        assertThat(amazon.server()).isEqualTo("https://s3.eu-central-1.amazonaws.com");
        assertThat(amazon.prefix()).isEqualTo("plant-7/gates/");
        assertThat(amazon.accessKey().reveal()).isEqualTo("AKIA-FROM-FILE");
        assertThat(amazon.secretKey().reveal()).isEqualTo("key-from-file");
        assertThat(amazon.encryption()).isEqualTo(S3Config.Encryption.KMS);
        assertThat(amazon.keep()).isEqualTo(Duration.ofDays(90));
    }

    @Test
    void shouldNeverShowTheKeys() {
        HelmwatchConfig config = load(GOOD);
        for (String text : List.of(
                config.toString(),
                ConfigText.valuesInForce(config),
                Redaction.redact("AKIA-0815-TEST sEcr3t/w0rd+0815 sEcr3t%2Fw0rd%2B0815"))) {
            assertThat(text).doesNotContain("0815");
        }
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of(GOOD.replace("bucket: evidence", "bucket: x"), "s3.bucket: must be 3 to 63 letters"),
                Arguments.of(GOOD.replace("9000", "9000/evidence"), "s3.endpoint: must be http:// or https://"),
                Arguments.of(GOOD.replace("http://", "http://me:pass@"), "s3.endpoint: must be http:// or https://"),
                Arguments.of(GOOD.replace("http://", "s3://"), "s3.endpoint: must be http:// or https://"),
                Arguments.of(GOOD + ", prefix: plant-7", "s3.prefix: must be empty or end in a slash"),
                Arguments.of(GOOD + ", prefix: ../", "s3.prefix: must be empty or end in a slash"),
                Arguments.of(GOOD + ", kms-key: a", "s3.kms-key: is for encryption: kms"),
                Arguments.of(GOOD + ", encryption: kms", "s3.encryption: kms needs an https endpoint"),
                Arguments.of(GOOD + ", tls-ca-file: ca.pem", "s3.tls-ca-file: is for an https endpoint"),
                Arguments.of(
                        GOOD.replace("http:", "https:") + ", tls-ca-file: ca.pem", "s3.tls-ca-file: cannot be read"),
                Arguments.of(
                        GOOD.replace("http:", "https:").replace("evidence", "a.b.c") + ", path-style: false",
                        "s3.path-style: false needs a bucket without dots"),
                Arguments.of(GOOD + ", keep: 5m", "s3.keep: must be"),
                Arguments.of(
                        GOOD.replace("access-key-env: S3_ACCESS_KEY,", ""),
                        "s3.access-key-env: missing: expected access-key-env or access-key-file"),
                Arguments.of(
                        GOOD.replace("S3_SECRET_KEY", "S3_OTHER"),
                        "s3.secret-key-env: environment variable S3_OTHER is not set"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void shouldSayWhatIsWrong(String s3, String sentence) {
        // Between key and rule is the value.
        assertThat(problems(s3))
                .singleElement()
                .asString()
                .contains(sentence.split(": ", 2))
                .doesNotContain("0815");
    }
}
