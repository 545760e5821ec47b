package io.helmwatch.sinks.s3;

import io.helmwatch.config.incident.S3Config;
import io.helmwatch.resource.FailureText;
import io.helmwatch.sinks.s3.S3Failure.Scope;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.http.SdkHttpResponse;

/** Says in one sentence why a request failed, and what to do. Threading: any thread. */
final class S3Diagnosis {
    private static final Set<String> NEVER_ACCEPTED =
            Set.of("EntityTooLarge", "KeyTooLongError", "InvalidObjectName", "XMinioInvalidObjectName");
    private static final Set<String> OTHER_REGION = Set.of(
            "AuthorizationHeaderMalformed",
            "PermanentRedirect",
            "IllegalLocationConstraintException",
            "InvalidRegion",
            "XMinioInvalidRegion");
    private static final Pattern EXPECTED_REGION = Pattern.compile("expecting '([A-Za-z0-9-]+)'");
    private static final int MOVED = 301;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;
    private static final int BAD_REQUEST = 400;

    private final S3Config config;

    S3Diagnosis(S3Config config) {
        this.config = config;
    }

    S3Failure failure(RuntimeException failure) {
        if (failure instanceof AwsServiceException refused) {
            return refused(refused);
        }
        return new S3Failure(sentence(failure), Scope.STORAGE, failure);
    }

    private S3Failure refused(AwsServiceException refused) {
        AwsErrorDetails details = refused.awsErrorDetails();
        String code = details == null || details.errorCode() == null ? "" : details.errorCode();
        String region = otherRegion(refused, code);
        if (region != null) {
            return storage(
                    "bucket " + config.bucket()
                            + (region.isEmpty()
                                    ? " is in another region than " + config.region()
                                    : " is in region " + region + ", not " + config.region())
                            + ": set incidents.s3.region"
                            + (refused.statusCode() == MOVED ? " and the endpoint of that region" : ""),
                    refused);
        }
        if (NEVER_ACCEPTED.contains(code)) {
            return new S3Failure(config.server() + " rejected the object: " + answer(refused), Scope.REJECTED, refused);
        }
        String known = known(refused, code);
        if (known != null) {
            return storage(known, refused);
        }
        boolean isAboutTheRequest = refused.statusCode() >= BAD_REQUEST && refused.statusCode() < 500;
        return new S3Failure(
                config.server() + " answered " + answer(refused),
                isAboutTheRequest ? Scope.OBJECT : Scope.STORAGE,
                refused);
    }

    private static S3Failure storage(String sentence, Throwable cause) {
        return new S3Failure(sentence, Scope.STORAGE, cause);
    }

    private @Nullable String known(AwsServiceException refused, String code) {
        return switch (code) {
            case "NoSuchBucket" -> noBucket();
            case "InvalidAccessKeyId" ->
                config.server() + " does not know the access key: check incidents.s3.access-key";
            case "SignatureDoesNotMatch" ->
                config.server()
                        + " refuses the signature: check incidents.s3.secret-key, and that no proxy changes requests";
            case "RequestTimeTooSkewed", "RequestExpired" -> skew(refused);
            case "AccessDenied", "AllAccessDisabled", "AccountProblem" -> denied();
            case "SlowDown", "ServiceUnavailable", "TooManyRequests", "RequestLimitExceeded" ->
                config.server() + " is overloaded and asks to slow down (" + code + ")";
            case "XMinioStorageFull", "QuotaExceeded", "XMinioAdminBucketQuotaExceeded", "InsufficientCapacity" ->
                config.server() + " has no space left for bucket " + config.bucket() + " (" + code + ")";
            default -> withoutCode(refused, code);
        };
    }

    /** Answers to HEAD have no body, and proxies have codes of their own. */
    private @Nullable String withoutCode(AwsServiceException refused, String code) {
        if (refused.statusCode() == FORBIDDEN) {
            return denied();
        }
        return refused.statusCode() == NOT_FOUND && code.isEmpty() ? noBucket() : null;
    }

    private String noBucket() {
        return "there is no bucket " + config.bucket() + " at " + config.server()
                + ": create it, or set incidents.s3.bucket";
    }

    private String denied() {
        return "access to bucket " + config.bucket() + " at " + config.server()
                + " denied: the access key needs s3:PutObject and s3:GetObject"
                + (config.keep() == null ? "" : ", and with keep s3:ListBucket and s3:DeleteObject");
    }

    private String skew(AwsServiceException refused) {
        Optional<Instant> server = header(refused, "Date").flatMap(S3Diagnosis::time);
        return "the clock of this machine is "
                + server.map(time ->
                                Math.abs(Duration.between(time, Instant.now()).toMinutes()) + " min ")
                        .orElse("")
                + "off from that of " + config.server() + ", which refuses requests: synchronise both with NTP";
    }

    private static Optional<Instant> time(String date) {
        try {
            return Optional.of(Instant.from(DateTimeFormatter.RFC_1123_DATE_TIME.parse(date)));
        } catch (DateTimeParseException e) {
            return Optional.empty();
        }
    }

    /** The region of the bucket, empty where it is not said; null where the region is not the problem. */
    private static @Nullable String otherRegion(AwsServiceException refused, String code) {
        Optional<String> named = header(refused, "x-amz-bucket-region");
        Matcher expected = EXPECTED_REGION.matcher(String.valueOf(refused.getMessage()));
        if (expected.find()) {
            return expected.group(1);
        }
        if (OTHER_REGION.contains(code) || refused.statusCode() == MOVED) {
            return named.filter(region -> region.matches("[a-z0-9-]+")).orElse("");
        }
        return null;
    }

    private static Optional<String> header(AwsServiceException refused, String name) {
        AwsErrorDetails details = refused.awsErrorDetails();
        SdkHttpResponse response = details == null ? null : details.sdkHttpResponse();
        return response == null ? Optional.empty() : response.firstMatchingHeader(name);
    }

    /** Status and code; the server's own words may repeat what was sent. */
    private static String answer(AwsServiceException refused) {
        AwsErrorDetails details = refused.awsErrorDetails();
        String code = details == null ? null : details.errorCode();
        return refused.statusCode() + (code == null || !code.matches("[A-Za-z.]{1,60}") ? "" : " " + code);
    }

    private String sentence(RuntimeException failure) {
        if (failure instanceof ApiCallTimeoutException || failure instanceof AbortedException) {
            return config.server() + " took too long";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException) {
                return "the name " + config.endpoint().getHost() + " is not known";
            }
            if (cause instanceof CertificateException
                    || String.valueOf(cause.getMessage()).contains("PKIX path")) {
                return "the certificate of " + config.server() + " is not trusted ("
                        + FailureText.of(FailureText.root(cause)) + "): set incidents.s3.tls-ca-file";
            }
            if (cause instanceof SSLException) {
                return config.server() + " cannot be reached over TLS (" + FailureText.of(cause)
                        + "): an endpoint without TLS begins with http://";
            }
            if (cause instanceof SocketTimeoutException) {
                return config.server() + " did not answer in time";
            }
            if (cause instanceof ConnectException || cause instanceof NoRouteToHostException) {
                return config.server() + " cannot be reached: " + FailureText.of(cause);
            }
        }
        return config.server() + " cannot be used: " + FailureText.of(FailureText.root(failure));
    }
}
