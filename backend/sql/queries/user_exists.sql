-- Whether anybody has an account.
SELECT EXISTS (SELECT FROM app_user)
